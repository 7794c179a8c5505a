"""The idle/overload rule and its two queues, as the published protocol words them. Shares nothing with the program."""

from collections import deque
from dataclasses import dataclass

IDLE, OVERLOAD = "idle", "overload"
# What a pick says instead of a host.
NO_HOSTS = "none"

# The keys of [loadbalance], with the values that everybody knows; the timeouts in seconds.
DEFAULTS = {
    "probe_num": 10, "init_succ_cnt": 180, "init_err_cnt": 5, "err_rate": 0.1, "succ_rate": 0.5,
    "contin_err_limit": 15, "contin_succ_limit": 15, "window_err_rate": 0.7, "idle_timeout": 15, "overload_timeout": 15,
}


@dataclass
class host_record:
    state: str = IDLE
    since: float = 0
    vsucc: int = 0
    verr: int = 0
    rsucc: int = 0
    rerr: int = 0
    contin_succ: int = 0
    contin_err: int = 0


class rule:
    """One module. Time is in seconds and stands still unless somebody moves `now`."""

    def __init__(self, **settings):
        self.settings = {**DEFAULTS, **settings}
        self.now = 0.0
        self.counter = 0
        self.hosts = {}
        self.queues = {IDLE: deque(), OVERLOAD: deque()}

    def set_hosts(self, names):
        for gone in [name for name in self.hosts if name not in names]:
            self.queues[self.hosts.pop(gone).state].remove(gone)
        for name in names:
            if name not in self.hosts:
                self.hosts[name] = self.entering(IDLE)
                self.queues[IDLE].append(name)

    def pick(self):
        """A host, or OVERLOAD, or NO_HOSTS."""
        if not self.hosts:
            return NO_HOSTS
        if not self.queues[OVERLOAD]:
            return self.next_of(IDLE)
        if self.counter >= self.settings["probe_num"]:
            self.counter = 0
            return self.next_of(OVERLOAD)
        self.counter += 1
        return self.next_of(IDLE) if self.queues[IDLE] else OVERLOAD

    def report(self, name, success):
        """The state that the host changes to, if it does. Of a host that is none of the module's nothing comes."""
        one = self.hosts.get(name)
        if one is None:
            return None
        if success:
            one.vsucc, one.rsucc, one.contin_succ, one.contin_err = one.vsucc + 1, one.rsucc + 1, one.contin_succ + 1, 0
        else:
            one.verr, one.rerr, one.contin_err, one.contin_succ = one.verr + 1, one.rerr + 1, one.contin_err + 1, 0
        wanted = self.judge(one, success)
        if wanted is None:
            return None
        changes = wanted != one.state
        if changes:
            self.queues[one.state].remove(name)
            self.queues[wanted].append(name)
        self.hosts[name] = self.entering(wanted)
        return wanted if changes else None

    def judge(self, one, success):
        """The state that the host enters (anew), if it does."""
        limits = self.settings
        calls = one.vsucc + one.verr
        if one.state == IDLE and not success:
            if one.verr / calls > limits["err_rate"] or one.contin_err >= limits["contin_err_limit"]:
                return OVERLOAD
        if one.state == OVERLOAD and success:
            if one.vsucc / calls > limits["succ_rate"] or one.contin_succ >= limits["contin_succ_limit"]:
                return IDLE
        if one.state == OVERLOAD:
            return IDLE if self.now - one.since >= limits["overload_timeout"] else None
        if self.now - one.since < limits["idle_timeout"]:
            return None
        return OVERLOAD if one.rerr / (one.rsucc + one.rerr) >= limits["window_err_rate"] else IDLE

    def entering(self, state):
        if state == IDLE:
            return host_record(IDLE, self.now, vsucc=self.settings["init_succ_cnt"])
        return host_record(OVERLOAD, self.now, verr=self.settings["init_err_cnt"])

    def next_of(self, state):
        queue = self.queues[state]
        queue.append(queue.popleft())
        return queue[-1]
