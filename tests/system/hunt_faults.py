"""The faults of the hunt. A fault is drawn from a seeded source, begins, lasts, ends, and is over once it `recovered`.
`hits` names its targets; no other fault hits them until it is over."""

import contextlib
import time

from hunt_callers import NEWCOMERS
from hunt_fleet import HOSTS, host
from lars import is_late

DAY = 86_400


class fault:
    longest = 2.0

    def __init__(self, hunt, draw):
        self.hunt, self.fleet = hunt, hunt.fleet
        self.lasts = draw.uniform(0.05, self.longest)
        self.prepare(draw)

    def __str__(self):
        return f"{self.kind} {'+'.join(sorted(self.hits))}"

    def end(self):
        pass

    def recovered(self):
        return True


class one_role(fault):
    def prepare(self, draw):
        self.role = draw.choice([one for one in self.fleet.roles.values() if one.kind == self.of])
        self.kind = f"{self.what} {self.of}"
        self.hits = {self.role.name}

    def recovered(self):
        return self.role.ready()


class kill(one_role):
    what = "kill"

    def begin(self):
        with self.hunt.owing_nothing(self.role):
            self.role.kill()
        self.hunt.note_kill(self.role, self.kind)

    def end(self):
        self.role.start()


class freeze(one_role):
    what = "freeze"
    longest = 4.0

    def begin(self):
        self.role.freeze()

    def end(self):
        self.role.thaw()


class stop(one_role):
    what = "stop"

    def begin(self):
        with self.hunt.owing_nothing(self.role):
            code, seconds = self.role.stop()
        if code != 0 or is_late(seconds, 6):
            self.hunt.findings.append(f"stop: {self.role.name} ended with {code} after {seconds:.1f} s")

    def end(self):
        self.role.start()


class wrong_clock(one_role):
    """Starts a role with a wrong clock, and again with the right one."""

    what = "wrong clock of"
    longest = 4.0

    def prepare(self, draw):
        super().prepare(draw)
        self.ahead_s = draw.choice((-800 * DAY, -3600, -90, 90, 3600, 800 * DAY))

    def begin(self):
        self.restart(LD_PRELOAD=self.fleet.shifted_clock(), CLOCK_SHIFT_S=self.ahead_s)

    def end(self):
        self.restart()

    def restart(self, **env):
        with self.hunt.owing_nothing(self.role):
            self.role.stop()
        self.role.start(**env)


class database_fault(fault):
    hits = frozenset(["database"])
    longest = 3.0

    def prepare(self, draw):
        pass

    def recovered(self):
        return all(one.well() for one in self.fleet.roles.values() if one.kind == "reporter")


class kill_database(database_fault):
    kind = "kill database"

    def begin(self):
        self.fleet.database.kill()

    def end(self):
        self.fleet.database.start()


class freeze_database(database_fault):
    kind = "freeze database"

    def begin(self):
        self.fleet.database.freeze()

    def end(self):
        self.fleet.database.thaw()


class way_fault(fault):
    longest = 4.0

    def prepare(self, draw):
        self.name = draw.choice(sorted(self.fleet.ways))
        self.way = self.fleet.ways[self.name]
        self.hits = {self.name}

    def end(self):
        self.way.mend()

    def recovered(self):
        start = self.fleet.roles[self.name.split(">")[0]]
        return start.connected() if start.kind == "agent" and start.up and not start.frozen else start.well()


class freeze_way(way_fault):
    kind = "freeze way"

    def begin(self):
        self.way.freeze()


class cut_way(way_fault):
    kind = "cut way"

    def begin(self):
        self.way.cut()


class slow_way(way_fault):
    kind = "slow way"

    def prepare(self, draw):
        super().prepare(draw)
        self.delay_s = draw.uniform(0.01, 0.2)

    def begin(self):
        self.way.delay_s = self.delay_s


class move_hosts(fault):
    """Removes hosts while calls to them are in flight, and adds them again."""

    kind = "remove hosts"
    calls = 1000  # more than what a few kills of the agent explain

    def prepare(self, draw):
        self.program = draw.choice(self.hunt.programs)
        self.modid = draw.choice(self.program.modules)
        self.gone = [host(self.modid, n) for n in draw.sample(range(1, HOSTS + 1), draw.randrange(1, HOSTS))]
        self.hits = {"database", f"hosts of {self.modid}", self.program.name}

    def begin(self):
        self.program.do(f"begin {self.calls}")
        for ip, port in self.gone:
            self.fleet.change("remove", self.modid, 1, f"{ip}:{port}")

    def end(self):
        self.program.do("end")
        for ip, port in self.gone:
            self.fleet.change("add", self.modid, 1, f"{ip}:{port}")


class new_threads(fault):
    """Starts threads that are new to the library, whether its agent runs or not."""

    kind = "new threads"

    def prepare(self, draw):
        self.program = draw.choice(self.hunt.programs)
        self.count = draw.randrange(1, NEWCOMERS + 1)
        self.hits = {self.program.name}
        self.lasts = 0

    def begin(self):
        self.program.do(f"threads {self.count} 20")


class next_program(fault):
    """Closes a program and starts its successor."""

    kind = "close program"

    def prepare(self, draw):
        self.program = draw.choice(self.hunt.programs)
        self.hits = {self.program.name, self.program.agent.name}
        self.lasts = 0

    def begin(self):
        seconds = self.program.close()
        if is_late(seconds, 5):
            self.hunt.findings.append(f"slow: {self.program.name} took {seconds:.1f} s to close")
        self.program.begin()


class idle_program(fault):
    """A program is idle while its agent is killed, hosts are removed and an agent starts. It then picks, and never a removed
    host; or it closes without another call, and the agent takes over what it counted alone."""

    kind = "idle program"

    def prepare(self, draw):
        self.program = draw.choice(self.hunt.idle)
        self.agent = self.program.agent
        self.modid = self.program.modules[0]
        self.gone = draw.randrange(1, HOSTS + 1)
        self.closes = draw.random() < 0.5
        self.lasts = draw.uniform(0.7, self.longest)  # for half a second the last word of an agent counts as of now
        self.hits = {"database", f"hosts of {self.modid}", self.program.name, self.agent.name}

    def begin(self):
        self.program.do("calls 50")
        with self.hunt.owing_nothing(self.agent):
            self.agent.kill()
        self.hunt.note_kill(self.agent, self.kind)
        if self.closes:
            self.program.do("calls 200")
        self.fleet.change("remove", self.modid, 1, "%s:%d" % host(self.modid, self.gone))

    def end(self):
        self.agent.start()
        end = time.monotonic() + 3
        knows = False
        while not knows and time.monotonic() < end:
            knows = host(self.modid, self.gone) not in (self.fleet.routes_of(self.agent)[self.modid] or [])
        if self.closes:
            time.sleep(0.2)
            self.program.close()
            self.program.begin()
        else:
            figures = self.program.do("calls 100")
            wrong = figures.get(f"host_{self.modid}_{self.gone}", 0)
            if knows and wrong:
                self.hunt.findings.append(f"gone: {self.program.name} picked a host {wrong} times that was removed")
        self.fleet.change("add", self.modid, 1, "%s:%d" % host(self.modid, self.gone))

    def recovered(self):
        return self.agent.ready()


class full_disk(fault):
    """Fills the disk of the agent's state directory."""

    kind = "full disk"
    longest = 3.0

    def prepare(self, draw):
        self.agent = draw.choice(self.fleet.agents)
        self.hits = {self.agent.name}
        self.filler = self.agent.dir / "filler"

    def begin(self):
        with contextlib.suppress(OSError), open(self.filler, "wb", buffering=0) as file:
            while self.agent.disk_is_small:
                file.write(b"x" * 65536)

    def end(self):
        self.filler.unlink(missing_ok=True)

    def recovered(self):
        return self.agent.ready()


def of(base, kind):
    return type(f"{base.__name__}_{kind}", (base,), {"of": kind})


# The share of each kind of fault.
KINDS = {
    of(kill, "agent"): 4, of(kill, "dns"): 2, of(kill, "reporter"): 2, kill_database: 1,
    of(stop, "agent"): 2, of(stop, "dns"): 1, of(stop, "reporter"): 1,
    of(freeze, "agent"): 3, of(freeze, "dns"): 2, of(freeze, "reporter"): 2, freeze_database: 1,
    of(wrong_clock, "agent"): 1, of(wrong_clock, "dns"): 1, of(wrong_clock, "reporter"): 1,
    freeze_way: 3, cut_way: 3, slow_way: 2, full_disk: 1,
    move_hosts: 3, new_threads: 4, next_program: 3, idle_program: 3,
}
