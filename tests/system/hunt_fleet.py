"""The fleet of the hunt: two of each role and one MariaDB. Each keeps its ports over restarts, and every TCP connection
between two of them goes through a proxy of its own."""

import pathlib
import shutil
import signal
import subprocess

import http_port
import wire
from lars import ROOT, flags, free_port, role_process
from tcp_proxy import tcp_proxy

COPIES = 2
HOSTS = 5
DISK_MB = 8


def host(modid, number):
    return f"10.0.{modid}.{number}", 80


class role:
    """One process of the fleet, over all its restarts."""

    def __init__(self, fleet, kind, number):
        self.fleet, self.kind, self.number, self.name = fleet, kind, number, f"{kind}-{number}"
        self.dir = fleet.dir / self.name
        self.log_path = fleet.dir / f"{self.name}.log"
        self.port = free_port(3 if kind == "agent" else 1)
        self.http = free_port()
        self.process = None
        self.up = False  # listens; set and cleared while no report to it is under way
        self.frozen = False

    def settings(self):
        common = {f"{self.kind}.port": self.port, "http.port": self.http, "state.dir": self.dir}
        if self.kind != "agent":
            return {**common, "storage.url": self.fleet.url_through(self.fleet.ways[f"{self.name}>database"])}
        # Each agent prefers another server.
        order = [(self.number + n) % COPIES for n in range(COPIES)]
        port = lambda server: self.fleet.ways[f"{self.name}>{server}"].port
        lists = {f"agent.{kind}": ",".join(f"127.0.0.1:{port(f'{kind}-{n}')}" for n in order)
                 for kind in ("dns", "reporter")}
        return {**common, **lists, "agent.run_dir": self.run_dir(), "agent.report_interval_ms": 100}

    def run_dir(self):
        return self.fleet.dir / f"{self.name}.run"

    def start(self, **env):
        self.process = role_process([f"--role={self.kind}", *flags(self.settings())], self.log_path, **env)
        self.process.port(self.kind)
        self.up = True

    def kill(self):
        self.up = False
        self.process.kill()

    def stop(self):
        """SIGTERM. Returns (exit code, seconds that took)."""
        self.up = False
        return self.process.terminate(30)

    def freeze(self):
        self.frozen = True
        self.process.signal(signal.SIGSTOP)

    def thaw(self):
        self.process.signal(signal.SIGCONT)
        self.frozen = False

    def end(self):
        if self.process is not None:
            self.process.kill()

    def ready(self):
        try:
            return http_port.get(self.http, "/readyz", timeout=2)[0] == 200
        except OSError:
            return False

    def well(self):
        """Whether it is ready, as far as that can be expected of it now."""
        return self.frozen or not self.up or self.ready()

    # Of an agent alone -----------------------------------------------------------------------------------------------

    def metrics(self, *names):
        """The values of all series of these names; none of an agent that does not answer."""
        try:
            return [value for name, value in http_port.metrics(self.http).items() if name.split("{")[0] in names]
        except OSError:
            return []

    def connected(self):
        """To one of each kind of server."""
        values = self.metrics("lars_agent_connected")
        return bool(values) and all(values)

    def owes(self):
        """It has calls that no reporter has taken, or does not answer."""
        values = self.metrics("lars_agent_batches_waiting", "lars_agent_calls_waiting")
        return not values or any(values)

    def exceptions(self):
        return http_port.metrics(self.http)["lars_process_exceptions_total"]

    def where(self):
        return {"LARS_CLIENT_DIR": self.run_dir(), "LARS_CLIENT_UDP": f"127.0.0.1:{self.port}"}

    def addCleanup(self, *what):
        self.fleet.test.addCleanup(*what)


class fleet:
    """Starts on construction, with `modules` {module: policy} of HOSTS equal hosts each, and ends with the test."""

    def __init__(self, test, database, modules):
        self.test, self.database, self.dir, self.modules = test, database, test.dir, modules
        self.name = "hunt"
        self.url = database.create(self.name)
        test.lars("migrate", storage__url=self.url)
        self.change("import", "-", input="modid,cmdid,ip,port\n" + "".join(
            "{},1,{},{}\n".format(modid, *host(modid, n)) for modid in modules for n in range(1, HOSTS + 1)))
        for modid, policy in modules.items():
            test.lars("module", "set", modid, 1, "--policy", *policy.split(), storage__url=self.url)
        self.roles = {}
        self.ways = {}
        for kind in ("dns", "reporter", "agent"):
            for number in range(COPIES):
                one = role(self, kind, number)
                self.roles[one.name] = one
                test.addCleanup(one.end)
                targets = [("database", database.port)] if kind != "agent" else [
                    (other.name, other.port) for other in self.roles.values() if other.kind != "agent"]
                for name, port in targets:
                    self.ways[f"{one.name}>{name}"] = way = tcp_proxy(port)
                    test.addCleanup(way.close)
                if kind == "agent":
                    self.small_disk(one)
                one.start()
        self.agents = [self.roles[f"agent-{n}"] for n in range(COPIES)]

    def small_disk(self, agent):
        """Mounts a small tmpfs as the agent's state directory, where that is allowed."""
        agent.dir.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0750", "lars-test", agent.dir]
        agent.disk_is_small = subprocess.run(mount, capture_output=True).returncode == 0
        if agent.disk_is_small:
            self.test.addCleanup(subprocess.run, ["umount", "-l", agent.dir], capture_output=True)

    def shifted_clock(self):
        """The library to preload for a wrong clock."""
        library = self.dir / "shifted_clock.so"
        if not library.exists():
            source = ROOT / "tests" / "system" / "shifted_clock.c"
            subprocess.run(["gcc", "-std=c11", "-shared", "-fPIC", source, "-o", library], check=True)
        return library

    def url_through(self, way):
        return self.database.url(self.name).replace(f"port={self.database.port}", f"port={way.port}")

    def change(self, *words, input=None):
        """Changes routes with a command on the database itself. A command that lost the database to a fault may or may
        not have changed them, so it is repeated; what it was to remove may be gone then."""
        expected = {0}
        while True:
            done = self.test.lars("route", *words, input=input, code=None, storage__url=self.url)
            if done.returncode in expected:
                return
            self.test.assertIn("storage is not reachable", done.stderr)
            expected = {0, 3} if words[0] == "remove" else {0}

    # --- states to compare -----------------------------------------------------------------------------------------

    def rows(self, statement):
        return self.database.sql(statement, self.name)

    def routes(self):
        """{module: hosts} as the database has them."""
        found = {modid: [] for modid in self.modules}
        for modid, ip, port in self.rows("SELECT modid, INET_NTOA(serverip), serverport FROM RouteData"):
            found[int(modid)].append((ip, int(port)))
        return {modid: sorted(hosts) for modid, hosts in found.items()}

    def routes_of(self, agent):
        """{module: hosts} as an agent answers; None for a module that it does not answer."""
        asking, found = wire.caller(agent.port), {}
        for modid in self.modules:
            try:
                found[modid] = asking.get_route(modid, 1, timeout=1.0)
            except TimeoutError:
                found[modid] = None
        asking.close()
        return found

    def counted(self):
        """{module: (successes, failures)} of the whole history."""
        rows = self.rows("SELECT modid, SUM(succ), SUM(err) FROM CallHistory GROUP BY modid")
        return {int(modid): (int(succ), int(err)) for modid, succ, err in rows}

    def logs(self, size=4000):
        """The last lines of the logs of the hunt and of each role."""
        paths = [self.dir / "hunt.log", *(one.log_path for one in self.roles.values())]
        paths = [path for path in paths if path.exists()]
        return "\n".join(f"-- {path.stem}\n{path.read_text(errors='replace')[-size:]}" for path in paths)

    def keep_logs(self, directory):
        """Copies all logs, for people."""
        pathlib.Path(directory).mkdir(parents=True, exist_ok=True)
        for path in self.dir.glob("*.log"):
            shutil.copy(path, directory)
