"""The hunt: faults from a seed, one every second or so and some at once, in parts; after each part all has to be well.

The faults of a part are the same for the same seed, and so is their order; how far a part gets depends on the machine.
"""

import contextlib
import datetime
import random
import time

import hunt_checks
import hunt_faults
from hunt_callers import program, udp_callers
from hunt_fleet import COPIES, fleet

AT_ONCE = 3
GAP_S = 1.6
PATIENCE_S = 30.0
ALONE_AFTER_S = 0.6  # for half a second the last word of an agent counts as of now
THREADS = 3
SHARED_MODULE = 91
# By the last digit of the module. Failed calls must not count as slow here, and a slow moment must be forgotten soon.
POLICIES = {1: "p2c error_latency=1ms tau=100ms", 2: "least_request", 3: "round_robin"}


class tally:
    """The results of one kind of fault: a row of the table."""

    def __init__(self):
        self.count = self.calls = self.failed = self.lost = self.doubled = 0
        self.slowest_ms, self.recovery_s = 0.0, []

    def cells(self):
        recovery = sorted(self.recovery_s) or [0.0]
        return [self.count, self.calls, self.failed, self.lost, self.doubled, f"{self.slowest_ms:.0f}",
                f"{recovery[len(recovery) // 2]:.2f}", f"{recovery[-1]:.2f}"]


def table(heads, rows):
    widths = [max(len(str(row[n])) for row in [heads, *rows]) for n in range(len(heads))]
    return "\n".join("   " + "  ".join(str(cell).ljust(width) if n == 0 else str(cell).rjust(width)
                                       for n, (cell, width) in enumerate(zip(row, widths))) for row in [heads, *rows])


class hunt:
    def __init__(self, test, database, seed, **program_env):
        self.seed = seed
        self.diary = open(test.dir / "hunt.log", "w", buffering=1)
        test.addCleanup(self.diary.close)
        modules = [10 * agent + n for agent in range(COPIES) for n in (1, 2, 3)] + [SHARED_MODULE]
        self.fleet = fleet(test, database, {modid: POLICIES[modid % 10] for modid in modules})
        self.findings, _ = hunt_checks.routes(self.fleet)
        self.busy, self.idle, self.udp = [], [], []
        for agent in self.fleet.agents:
            at = 10 * agent.number
            for n, modules in enumerate([(at + 1, at + 2), (at + 1, at + 2), (SHARED_MODULE,)]):
                self.busy.append(program(f"busy-{agent.number}-{n}", agent, modules, THREADS, **program_env))
            self.idle.append(program(f"idle-{agent.number}", agent, (at + 3,), 0, **program_env))
            self.udp.append(udp_callers(f"udp-{agent.number}", agent, (at + 3,)))
            test.addCleanup(self.udp[-1].end)
        self.programs = self.busy + self.idle
        self.sums = hunt_checks.sums(self.fleet, self.programs + self.udp)
        self.kills = {}  # {agent: since the last check}
        self.killers = {}  # {agent: kinds of faults that killed it since then}
        self.tallies = {}
        self.parts = []
        self.made_before = 0

    def note(self, text):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.diary.write(f"{now:%FT%T}.{now.microsecond // 1000:03d}Z {text}\n")

    # --- the faults --------------------------------------------------------------------------------------------------

    def deal(self, part):
        """An endless sequence of faults: each kind as often as its weight says, in a random order."""
        draw = random.Random(f"{self.seed}/{part}")
        while True:
            kinds = [kind for kind, weight in hunt_faults.KINDS.items() for _ in range(weight)]
            draw.shuffle(kinds)
            for kind in kinds:
                yield kind(self, draw), draw.uniform(0.1, GAP_S)

    def run_faults(self, faults, seconds):
        """Begins faults for this time, each as soon as its targets are free, and waits until all are over."""
        end = due = time.monotonic()
        end += seconds
        active = []
        waiting, gap = next(faults)
        while active or time.monotonic() < end:
            now = time.monotonic()
            taken = set().union(*(one.hits for one in active))
            if due <= now < end and len(active) < AT_ONCE and not taken & set(waiting.hits):
                self.begin(waiting)
                active.append(waiting)
                due = time.monotonic() + gap
                waiting, gap = next(faults)
            active = [one for one in active if not self.is_over(one)]
            self.nobody_died()
            time.sleep(0.01)

    def begin(self, one):
        one.calls_before, one.failed_before = self.totals()
        self.slowest_picks()
        one.slowest_ms = 0.0
        one.begins, one.ends = time.monotonic(), None
        self.note(f"begin {one}")
        one.begin()

    def is_over(self, one):
        now = time.monotonic()
        if one.ends is None and now - one.begins >= one.lasts:
            one.ends = now
            self.note(f"end {one}")
            one.end()
        if one.ends is None or not (one.recovered() or now - one.ends > PATIENCE_S):
            return False
        took = time.monotonic() - one.ends
        self.note(f"over {one}")
        if took > PATIENCE_S:
            self.findings.append(f"not recovered: {one} after {took:.0f} s")
        calls, failed = self.totals()
        row = self.tallies.setdefault(one.kind, tally())
        row.count += 1
        row.calls += calls - one.calls_before
        row.failed += failed - one.failed_before
        row.slowest_ms = max(row.slowest_ms, self.slowest_picks())
        row.recovery_s.append(took)
        return True

    def note_kill(self, agent, kind):
        self.kills[agent.name] = self.kills.get(agent.name, 0) + 1
        self.killers.setdefault(agent.name, []).append(kind)

    @contextlib.contextmanager
    def owing_nothing(self, role):
        """While held, no report over UDP is on its way to this role."""
        with contextlib.ExitStack() as held:
            for one in self.udp:
                if one.agent is role:
                    held.enter_context(one.quiet)
            yield

    def nobody_died(self):
        for one in self.fleet.roles.values():
            if one.up and not one.process.alive():
                raise AssertionError(f"{one.name} died with {one.process.process.returncode}")

    # --- figures -----------------------------------------------------------------------------------------------------

    def totals(self):
        """(calls made, picks that failed)."""
        figures = [one.do("figures") for one in self.programs]
        made = sum(one["made"] for one in figures) + sum(sum(one.made()) for one in self.udp)
        return made, sum(one["failed"] for one in figures)

    def slowest_picks(self):
        """The slowest pick in ms since the last call; too slow a pick is a finding."""
        findings, slowest = hunt_checks.slow_picks(self.programs)
        self.findings += findings
        return slowest

    # --- checks -----------------------------------------------------------------------------------------------------

    def check(self):
        """Checks, with everything up, routes and shares, then, without calls, sums. Adds findings, and a row of figures to
        the parts."""
        start = time.monotonic()
        self.note("check roles")
        self.findings += hunt_checks.roles(self.fleet)
        self.note("check routes")
        findings, routes_s = hunt_checks.routes(self.fleet)
        self.findings += findings
        time.sleep(0.3)
        self.note("check shares")
        findings, off = hunt_checks.shares(self.fleet, self.busy)
        self.findings += findings
        self.check_alone(self.fleet.agents[len(self.parts) % COPIES])
        for _ in range(2):  # who has been idle meets the agent of now
            for one in self.idle:
                one.do("calls 5")
            time.sleep(0.15)
        slowest = self.slowest_picks()
        self.note("check sums")
        for one in self.busy + self.udp:
            one.rest()
        self.findings += hunt_checks.failed_picks(self.programs) + hunt_checks.forgotten(self.fleet)
        findings, lost, doubled, sums_s = self.sums.look(self.kills)
        self.findings += findings + [error for one in self.udp for error in one.errors]
        self.credit(lost, doubled)
        made, failed = self.totals()
        kills = sum(self.kills.values())
        widest = " ".join(f"{100 * one:.1f}" for one in off.values())
        took = time.monotonic() - start
        self.parts.append([len(self.parts) + 1, made - self.made_before, failed, kills, sum(lost.values()), doubled,
                           f"{slowest:.0f}", f"{routes_s:.1f}", f"{sums_s:.1f}", widest, f"{took:.1f}"])
        self.made_before = made
        self.kills, self.killers = {}, {}
        for one in self.busy + self.udp:
            one.run()

    def check_alone(self, agent):
        """Programs whose agent is away spread calls as evenly as with it."""
        self.note(f"check shares without {agent.name}")
        with self.owing_nothing(agent):
            agent.kill()
        self.note_kill(agent, "kill agent")
        time.sleep(ALONE_AFTER_S)
        findings, _ = hunt_checks.shares(self.fleet, [one for one in self.busy if one.agent is agent])
        self.findings += findings
        agent.start()
        self.findings += hunt_checks.roles(self.fleet)

    def credit(self, lost, doubled):
        """Charges lost calls to the faults that killed their agents."""
        for modules, calls in lost.items():
            agents = {one.agent.name for one in self.sums.groups[modules]}
            kinds = [kind for agent in agents for kind in self.killers.get(agent, [])] or ["(no kill)"]
            if calls:
                self.tallies.setdefault(kinds[0], tally()).lost += calls
        if doubled:
            self.tallies.setdefault("(any)", tally()).doubled += doubled

    def report(self):
        kinds = table(["fault", "times", "calls", "failed", "lost", "doubled", "slowest ms", "recovery s", "longest s"],
                      [[kind, *row.cells()] for kind, row in sorted(self.tallies.items())])
        parts = table(["part", "calls", "failed", "kills", "lost", "doubled", "slowest ms", "routes s", "sums s",
                       "share off %", "check s"], self.parts)
        unanswered = sum(one.unanswered for one in self.udp)
        return (f"\n   seed {self.seed}, {self.made_before} calls, {unanswered} questions over UDP without an answer\n"
                f"{kinds}\n{parts}")

    def run(self, seconds, part_s):
        """Runs parts until the time is over, or until there is a finding."""
        end = time.monotonic() + seconds
        self.check()
        while time.monotonic() < end and not self.findings:
            self.run_faults(self.deal(len(self.parts)), part_s)
            self.check()
