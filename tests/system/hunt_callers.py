"""The callers of the hunt. Each has modules of its own, so that a wrong sum names its caller."""

import random
import threading
import time

import wire
from hunted import hunted

# One call in so many fails: enough to count, too few to eject a host.
BAD_EVERY = 50
PAUSE_US = 4000
NEWCOMERS = 6  # threads that a program starts at once


class program:
    """A program that shares memory with its agent. A program that ends is followed by another; their calls add up."""

    def __init__(self, name, agent, modules, threads, **env):
        self.name, self.agent, self.modules, self.threads, self.env = name, agent, modules, threads, env
        self.former = {"made": 0, "bad": 0, "failed": 0}
        self.slowest_us = 0  # of its picks, since that was asked, without what threads waited for a processor
        self.begin()

    def begin(self):
        self.process = hunted(self.agent, "steps", self.modules[0], len(self.modules), PAUSE_US, BAD_EVERY, **self.env)
        self.now = self.process.do("calls 2")
        self.run()

    def do(self, step):
        """Its figures after the step plus those of its predecessors; `host_MODULE_N` are of the step alone."""
        self.note(self.process.do(step))
        return self.total()

    def note(self, figures):
        self.now = figures
        self.slowest_us = max(self.slowest_us, figures["worst_waited_us"])

    def total(self):
        return {**self.now, **{name: self.now[name] + former for name, former in self.former.items()}}

    def run(self):
        """Starts calling, in threads of its own."""
        if self.threads:
            self.do(f"run {self.threads}")

    def rest(self):
        return self.do("rest")

    def take_slowest_us(self):
        self.do("figures")
        slowest, self.slowest_us = self.slowest_us, 0
        return slowest

    def close(self):
        """Calls lars_close. Returns the seconds until its end."""
        start = time.monotonic()
        self.note(self.process.stop())
        passed = time.monotonic() - start
        self.former = {name: self.total()[name] for name in self.former}
        self.now = {**self.now, **dict.fromkeys(self.former, 0)}
        return passed

    def made(self):
        """(successes, failures)."""
        total = self.total()
        return total["made"] - total["bad"], total["bad"]

    def most_calls_a_second(self):
        return max(self.threads, NEWCOMERS) * 1e6 / PAUSE_US


class udp_callers:
    """Callers already in the field, in threads. Each asks for the next host on the socket of its report, so that an
    answer says that the report was read: what is made is then counted, to the call. `quiet` is held from a report to
    that answer, so whoever holds it kills an agent that owes none."""

    def __init__(self, name, agent, modules, threads=2, pause=0.004):
        self.name, self.agent, self.modules, self.pause = name, agent, modules, pause
        self.quiet = threading.Lock()
        self.good = self.bad = self.unanswered = 0
        self.errors = []
        self.calling, self.ended = threading.Event(), threading.Event()
        self.calling.set()
        self.threads = [threading.Thread(target=self.run_calls, args=(n,), daemon=True) for n in range(threads)]
        for one in self.threads:
            one.start()

    def run_calls(self, seed):
        draw, caller, hosts = random.Random(seed), wire.caller(self.agent.port), {}
        try:
            while not self.ended.is_set():
                self.calling.wait()
                modid = draw.choice(self.modules)
                with self.quiet:
                    if self.calling.is_set():
                        self.call(caller, modid, hosts)
                time.sleep(self.pause * 2 * draw.random())
        except Exception as error:  # told by the hunt: a thread's own end is silent
            self.errors.append(f"{self.name}: {error!r}")
        caller.close()

    def call(self, caller, modid, hosts):
        if modid not in hosts:
            hosts.update(self.ask(caller, modid) or {})
            return
        if not self.agent.up:
            self.unanswered += 1
            return
        bad = (self.good + self.bad) % BAD_EVERY == BAD_EVERY - 1
        caller.report(modid, 1, hosts.pop(modid), 1 if bad else 0)
        while not self.ended.is_set():
            answer = self.ask(caller, modid)
            if answer is not None:
                break
        if bad:
            self.bad += 1
        else:
            self.good += 1
        hosts.update(answer or {})

    def ask(self, caller, modid):
        """{modid: host}, {} where there is none; None without an answer."""
        try:
            code, host = caller.get_host(modid, 1, timeout=0.2)
        except TimeoutError:
            self.unanswered += 1
            return None
        return {modid: host} if code == wire.SUCCESS else {}

    def rest(self):
        self.calling.clear()
        with self.quiet:
            pass

    def run(self):
        self.calling.set()

    def end(self):
        self.ended.set()
        self.calling.set()
        for one in self.threads:
            one.join(5)

    def made(self):
        return self.good, self.bad

    @staticmethod
    def most_calls_a_second():
        return 0  # a kill waits until each is counted
