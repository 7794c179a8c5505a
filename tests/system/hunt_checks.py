"""Checks for a fleet that is up again and quiet. Each returns its findings, a line each; none = all is well."""

import re
import time

import http_port
from hunt_fleet import HOSTS
from lars import eventually

# What a kill -9 of an agent may lose: at most one tick of calls of its programs. Ticks are late on a busy machine.
TICKS_A_KILL = 3
TICK_S = 0.010
SLOWEST_PICK_MS = 250
SHARE = 1 / HOSTS
# p2c follows latencies, and on a busy machine one of two equal hosts may look slower.
SHARE_DELTA = {"p2c": 0.12, "least_request": 0.06}


class sums:
    """Compares calls made with calls counted, by the callers that share modules. Calls lost by a kill stay lost, so each
    check covers only what is new since the one before."""

    def __init__(self, fleet, callers):
        self.fleet = fleet
        self.groups = {}
        for one in callers:
            self.groups.setdefault(one.modules, []).append(one)
        self.lost = dict.fromkeys(self.groups, 0)

    def missing(self):
        """{modules: (successes, failures)}: calls made and not counted; below 0 = counted and not made."""
        counted, found = self.fleet.counted(), {}
        for modules, callers in self.groups.items():
            history = zip(*(counted.get(modid, (0, 0)) for modid in modules))
            made = zip(*(one.made() for one in callers))
            found[modules] = tuple(sum(calls) - sum(rows) for calls, rows in zip(made, history))
        return found

    def settle(self, timeout, still=2.0):
        """Waits until nothing is missing, or until nothing is on its way and the sums have not changed for a while. Returns
        the seconds. The sums of a stalled machine do not change either."""
        start = changed = last = time.monotonic()
        before = None
        while True:
            missing, now = self.missing(), time.monotonic()
            if missing != before or now - last > 0.5 or any(one.owes() for one in self.fleet.agents):
                before, changed = missing, now
            if not any(map(any, missing.values())) or now - changed > still or now - start > timeout:
                return changed - start
            last = now
            time.sleep(0.05)

    def look(self, kills, timeout=60.0):
        """`kills` = {agent: how often it was killed since the last look}. Returns (findings, {modules: calls lost},
        calls counted twice, seconds until the sums stood still)."""
        seconds = self.settle(timeout)
        time.sleep(0.3)
        findings, lost, doubled = [], {}, 0
        for modules, missing in self.missing().items():  # more may have come, and must not
            callers = self.groups[modules]
            who = " and ".join(one.name for one in callers)
            doubled += -sum(min(0, value) for value in missing)
            if min(missing) < 0:
                findings.append(f"doubled: {who} made {[one.made() for one in callers]}, too many are {missing}")
            new = sum(missing) - self.lost[modules]  # below 0: what seemed lost came late
            self.lost[modules] = sum(missing)
            lost[modules] = new
            killed = sum(kills.get(one.agent.name, 0) * one.most_calls_a_second() for one in callers)
            bound = TICKS_A_KILL * TICK_S * killed
            if new > bound:
                findings.append(f"lost: {new} calls of {who}, {missing} in all; its agents' kills explain {bound:.0f}")
        return findings, lost, doubled, seconds


def failed_picks(programs):
    return [f"failed: {one.total()['failed']} picks of {one.name}" for one in programs if one.total()["failed"]]


def slow_picks(programs):
    """Findings, and the slowest in ms since this was last asked."""
    slowest = {one.name: one.take_slowest_us() / 1000 for one in programs}
    findings = [f"slow: a pick of {name} took {ms:.0f} ms" for name, ms in slowest.items() if ms > SLOWEST_PICK_MS]
    return findings, max(slowest.values(), default=0)


def routes(fleet, timeout=15.0):
    """Findings, and the seconds until both agents had what the database has."""
    database = fleet.routes()
    findings, slowest = [], 0.0
    for agent in fleet.agents:
        seen = [None]

        def equal():
            seen[0] = fleet.routes_of(agent)
            return seen[0] == database

        done, seconds = eventually(equal, timeout, 0.1)
        slowest = max(slowest, seconds)
        if not done:
            others = [f"{modid}: {seen[0][modid]} instead of {hosts}" for modid, hosts in database.items()
                      if seen[0][modid] != hosts]
            findings.append(f"routes: {agent.name} has {'; '.join(others)}")
    return findings, slowest


def calls_by_host(programs, least, timeout=10.0):
    """{(agent, module): [calls of each host]} of so many calls that programs make from now on."""
    calls = {(one.agent.name, modid): [0] * HOSTS for one in programs for modid in one.modules}
    for one in programs:
        one.do("figures")
    end = time.monotonic() + timeout
    while min(map(sum, calls.values())) < least and time.monotonic() < end:
        time.sleep(0.1)
        for one in programs:
            figures = one.do("figures")
            for modid in one.modules:
                for n in range(HOSTS):
                    calls[one.agent.name, modid][n] += figures.get(f"host_{modid}_{n + 1}", 0)
    return calls


def shares(fleet, programs, least=500, looks=15):
    """Each host of a module has its share of the calls that an agent's programs make. One check may be off, as p2c
    leaves a host alone for a second or more that had a slow moment; what is off in each of them stays so. Findings, and
    by policy how far the worst was off in its best look."""
    best = {}
    for _ in range(looks):
        for key, by_host in calls_by_host(programs, least).items():
            off = max(abs(calls / max(1, sum(by_host)) - SHARE) for calls in by_host)
            best[key] = min(best.get(key, (1, [])), (off, by_host))
        off = {key: (by_host, off) for key, (off, by_host) in best.items() if off > SHARE_DELTA[policy_of(fleet, key)]}
        if not off:
            break
    findings = []
    for (agent, modid), (by_host, _) in off.items():
        told = "it is away or stands still"
        if fleet.roles[agent].up and not fleet.roles[agent].frozen:
            told = "it explains " + http_port.get(fleet.roles[agent].http, f"/explain?modid={modid}&cmdid=1")[1]
        findings.append(f"shares: programs of {agent} gave the hosts of {modid} {by_host}; {told}")
    worst = {}
    for key, (off_by, _) in best.items():
        policy = policy_of(fleet, key)
        worst[policy] = max(worst.get(policy, 0), off_by)
    return findings, worst


def policy_of(fleet, key):
    return fleet.modules[key[1]].split()[0]


def forgotten(fleet):
    """The database lost nothing here, so no reporter may report a loss, and no agent may change its id."""
    findings = []
    for one in fleet.roles.values():
        text = one.log_path.read_text(errors="replace")
        lines = [line for line in text.splitlines() if re.search(r" (reporter.database|agent.reporter)_forgot ", line)]
        if lines:
            findings.append(f"forgot: {one.name} says so {len(lines)} times, first: {lines[0]}")
    return findings


def roles(fleet, timeout=30.0):
    """Each role is up and ready, and none has counted an exception."""
    findings = []
    for one in fleet.roles.values():
        if not one.process.alive():
            findings.append(f"died: {one.name} with {one.process.process.returncode}")
        elif not eventually(one.ready, timeout, 0.1)[0]:
            findings.append(f"not ready: {one.name} after {timeout:.0f} s")
        elif exceptions := one.exceptions():
            findings.append(f"exceptions: {exceptions:.0f} in {one.name}")
    return findings
