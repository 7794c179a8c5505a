"""Writes lars.trace: what a module with the policy lars is to answer, according to lars_rule.

    python3 tests/golden/lars_trace.py > tests/golden/lars.trace

One event a line, a module after the other:

    module NAME KEY=VALUE…          begins; with these health settings in place of the usual ones
    hosts HOST…                     the module's list from now on
    pick HOST | overload | none     asked for a host, and this is the answer
    report HOST ok | fail           told how a call went
    verdict HOST idle | overload    what the report before made of its host
    wait MILLISECONDS               time passes; all else takes none
"""

import random
import sys

from lars_rule import IDLE, NO_HOSTS, OVERLOAD, rule

HEADER = "# Recorded by lars_trace.py from the protocol's own words, not from the program: see there.\n"


def host(number):
    return f"10.0.0.{number}:{8000 + number}"


class recorder:
    """One module's events, each put to the rule and written down."""

    def __init__(self, name, hosts, **settings):
        self.rule = rule(**settings)
        self.lines = [" ".join(["module", name, *(f"{key}={value}" for key, value in settings.items())])]
        self.hosts(*hosts)

    def hosts(self, *numbers):
        self.rule.set_hosts([host(number) for number in numbers])
        self.lines.append(" ".join(["hosts", *(host(number) for number in numbers)]))

    def pick(self, times=1):
        """The last pick's host, nothing where it was none."""
        for _ in range(times):
            answer = self.rule.pick()
            self.lines.append(f"pick {answer}")
        return None if answer in (OVERLOAD, NO_HOSTS) else answer

    def report(self, name, success):
        changed = self.rule.report(name, success)
        self.lines.append(f"report {name} {'ok' if success else 'fail'}")
        if changed:
            self.lines.append(f"verdict {name} {changed}")

    def ok(self, number, times=1):
        for _ in range(times):
            self.report(host(number), True)

    def fail(self, number, times=1):
        for _ in range(times):
            self.report(host(number), False)

    def wait(self, ms):
        self.rule.now += ms / 1000
        self.lines.append(f"wait {ms}")

    def overloaded(self):
        return len(self.rule.queues[OVERLOAD])


def one_host():
    at = recorder("one_host", [1])
    at.pick(3)
    at.fail(1, 14)
    at.ok(1)
    at.fail(1, 14)
    at.pick(2)
    at.fail(1)
    # All that there is is overloaded: ten picks in vain, then a probe.
    at.pick(24)
    at.ok(1, 5)
    at.pick(3)
    at.ok(1)
    at.pick(3)
    # Idle with a clean record.
    at.fail(1, 14)
    at.pick(2)
    at.fail(1)
    at.pick(12)
    return at


def limits():
    at = recorder("limits", [1, 2, 3], contin_err_limit=1000, contin_succ_limit=3)
    at.fail(1, 20)  # 20 of 200 are no more than a tenth
    at.pick(4)
    at.fail(1)
    at.pick(4)
    for _ in range(22):
        at.fail(2)
        at.ok(2)
    at.pick(2)
    at.fail(2)
    at.pick(13)
    at.ok(1, 2)
    at.fail(1)
    at.ok(1, 2)
    at.pick(13)
    at.ok(1)
    at.pick(6)
    return at


def half_well():
    at = recorder("half_well", [1, 2], contin_err_limit=1, init_err_cnt=4, succ_rate=0.4, contin_succ_limit=100)
    at.fail(1)
    at.ok(1, 2)
    at.fail(1)
    at.ok(1)  # 3 of 8
    at.pick(12)
    at.ok(1)  # 4 of 9
    at.pick(4)
    at.fail(2)
    at.fail(1)
    at.ok(1, 2)
    at.pick(12)
    at.ok(1)
    at.pick(4)
    return at


def three_hosts():
    at = recorder("three_hosts", [1, 2, 3])
    at.pick(7)
    at.fail(3, 15)
    at.pick(23)
    at.ok(3, 6)
    at.pick(6)
    # Two are out: probes go to them in turn.
    at.fail(2, 15)
    at.pick(5)
    at.fail(1, 15)
    at.pick(35)
    # The last one too.
    at.fail(3, 15)
    at.pick(36)
    at.ok(1, 6)
    at.pick(12)
    at.ok(3, 6)
    at.ok(2, 6)
    at.pick(7)
    # Out and back between two picks.
    at.fail(2, 15)
    at.ok(2, 6)
    at.pick(4)
    at.fail(3, 15)
    at.fail(1, 15)
    at.ok(3, 6)
    at.ok(1, 6)
    at.pick(6)
    return at


def probes(probe_num):
    at = recorder(f"probes_{probe_num}", [1, 2, 3], probe_num=probe_num)
    at.pick(2)
    at.fail(2, 15)
    at.pick(9)
    at.fail(1, 15)
    at.pick(9)
    at.fail(3, 15)
    at.pick(9)
    at.ok(2, 6)
    at.pick(9)
    at.ok(3, 6)
    at.ok(1, 6)
    at.pick(6)
    return at


def memberships():
    at = recorder("memberships", [1, 2, 3])
    at.pick(2)
    at.hosts(1, 2, 3, 4)
    at.pick(5)
    at.hosts(2, 3, 4)
    at.pick(4)
    at.fail(1)  # of a host that is gone
    # The order of the list is no order of the queue.
    at.hosts(4, 3, 2)
    at.pick(4)
    at.fail(3, 15)
    at.pick(5)
    # Gone while it is out: nobody probes any more. Back: fresh.
    at.hosts(4, 2)
    at.pick(14)
    at.hosts(4, 2, 3)
    at.pick(4)
    at.fail(3, 14)
    at.pick(3)
    at.fail(3)
    at.pick(8)
    at.hosts(3)
    at.pick(14)
    at.hosts(3, 5)
    at.pick(13)
    at.ok(3, 6)
    at.pick(4)
    # Out and back, then a newcomer, and no pick between.
    at.fail(5, 15)
    at.ok(5, 6)
    at.hosts(3, 5, 6)
    at.pick(5)
    at.hosts(3, 5, 6, 7)
    at.fail(6, 15)
    at.ok(6, 6)
    at.pick(6)
    # A newcomer that fails before anybody picked it.
    at.hosts(8, 7, 6, 5, 3)
    at.fail(8, 15)
    at.pick(12)
    at.hosts()
    at.pick(3)
    at.hosts(1, 2)
    at.pick(5)
    return at


def timeouts():
    at = recorder("timeouts", [1, 2, 3, 4, 5], idle_timeout=1, overload_timeout=1)
    at.pick(3)
    at.fail(1, 15)
    for number, failures, successes in ((2, 7, 3), (3, 6, 4)):
        at.fail(number, failures)
        at.ok(number, successes)
    at.fail(4, 14)
    at.wait(1200)
    # Time alone changes nothing; the next report does.
    at.pick(12)
    at.fail(1)  # it was out for long enough
    at.pick(6)
    at.fail(2)  # 8 of 11 failed in its window
    at.pick(4)
    at.fail(3)  # 7 of 11: begins a window
    at.fail(3, 13)
    at.pick(4)
    at.fail(3, 2)
    at.ok(4)  # 14 of 15
    at.fail(5, 2)  # the first one ends its window, nothing but a failure in it
    at.pick(24)
    at.wait(1200)
    at.ok(2)
    at.ok(3)
    at.fail(4)
    at.fail(5)
    at.ok(1)
    at.pick(12)
    return at


def storm(name, seed, hosts, events, changes_list, **settings):
    """Whatever happens; a third of the hosts is ill at a time. Seeds and draws are those that Python promises to keep."""
    draw = random.Random(seed).random

    def below(count):
        return int(draw() * count)

    listed = list(range(1, hosts + 1))
    at = recorder(name, listed, **settings)
    ill = set()
    for _ in range(events):
        what = draw()
        if what < 0.04:
            ill = {number for number in listed if draw() < 0.35}
        elif what < 0.08 and changes_list:
            before = listed
            listed = [number for number in listed if draw() < 0.8]
            strangers = [number for number in range(1, hosts + 4) if number not in before]
            while strangers and draw() < 0.6:
                listed.insert(below(len(listed) + 1), strangers.pop(below(len(strangers))))
            if listed != before:
                at.hosts(*listed)
        elif what < 0.18 and listed:
            # Many at once, as after a stall: verdicts change with no pick between.
            number = listed[below(len(listed))]
            for _ in range(1 + below(8)):
                at.report(host(number), number not in ill)
        else:
            picked = at.pick()
            for _ in range(below(3) if picked else 0):
                at.report(picked, (int(picked.split(".")[3].split(":")[0]) not in ill) != (draw() < 0.05))
    return at


def all_modules():
    # So that a storm of a few hundred calls sees many verdicts.
    quick = {"init_succ_cnt": 20, "contin_err_limit": 5, "init_err_cnt": 2, "contin_succ_limit": 3}
    return [
        one_host(), limits(), half_well(), three_hosts(), probes(0), probes(1), probes(3), memberships(), timeouts(),
        storm("ten_hosts", 1, 10, 400, False, **quick),
        storm("ten_hosts_come_and_go", 2, 10, 500, True, probe_num=4, **quick),
        storm("three_hosts_come_and_go", 3, 3, 400, True, **quick),
        storm("few_hosts_or_none", 4, 1, 240, True, **quick),
    ]


def text():
    return HEADER + "".join("\n" + "\n".join(one.lines) + "\n" for one in all_modules())


if __name__ == "__main__":
    sys.stdout.write(text())
