"""Starts and stops the real program for tests. The binary is LARS_TEST_BINARY, or build/release/lars."""

import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import wire

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = pathlib.Path(os.environ.get("LARS_TEST_BINARY", ROOT / "build" / "release" / "lars")).resolve()

# A deadline in seconds: far more than a healthy machine needs, and enough for a busy one.
PATIENCE = 60.0


def environment(**more):
    """This process's environment without anything that would configure Lars."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LARS_")}
    clean.pop("STATE_DIRECTORY", None)
    clean.update({name: str(value) for name, value in more.items()})
    return clean


def slowness():
    """How many times longer than alone work takes on this machine, now or over the last minute; at least 1."""
    began, cpu = time.monotonic(), time.process_time()
    while time.process_time() - cpu < 0.1:
        pass
    now = (time.monotonic() - began) / (time.process_time() - cpu)
    return max(1.0, now, os.getloadavg()[0] / os.cpu_count())


def lengthened(limit):
    """`limit` where the machine has time. On a busy machine as many times more as work takes longer there, and twice
    that, for processes wait one after the other."""
    factor = slowness()
    return limit * (2 * factor if factor > 1.2 else 1)


def is_late(passed, limit):
    """Whether something took longer than `limit` seconds, lengthened on a busy machine."""
    return passed > limit and passed > lengthened(limit)


ports_given = set()


def free_port(run=1):
    """The first of `run` ports in a row that are free now, for TCP and UDP. No connection gets them by chance while their
    owner is down: they are below the ports that the system chooses."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    draw = random.SystemRandom()
    for _ in range(1000):
        first = draw.randrange(10_000, max(lowest, 20_000) - run)
        ports = range(first, first + run)
        try:
            for port in ports:
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    with socket.socket(socket.AF_INET, kind) as one:
                        one.bind(("127.0.0.1", port))
        except OSError:
            continue
        if ports_given.isdisjoint(ports):
            ports_given.update(ports)
            return first
    raise RuntimeError("no free ports")


def eventually(condition, timeout=PATIENCE, interval=0.01):
    """Calls condition() until it is true or the time is over. Returns (last value, seconds)."""
    start = time.monotonic()
    while True:
        value = condition()
        passed = time.monotonic() - start
        if value or passed > timeout:
            return value, passed
        time.sleep(interval)


def freeze(process):
    """SIGSTOP. Returns once each of its threads stands still, which on a busy machine takes a moment."""
    process.send_signal(signal.SIGSTOP)

    def stands_still():
        try:
            tasks = [(task / "stat").read_text() for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir()]
        except OSError:
            return False  # a thread has just ended
        return {text.rsplit(")", 1)[1].split()[0] for text in tasks} <= {"T", "Z"}

    eventually(stands_still, interval=0.001)


class role_process:
    """One running `lars --role=...`."""

    def __init__(self, arguments, log_path, **env):
        self.log_path = log_path
        self.lines = []
        self.ports = {}
        self.changed = threading.Condition()
        self.log_file = open(log_path, "ab")
        self.process = subprocess.Popen(
            [BINARY, *arguments], stdout=subprocess.PIPE, stderr=self.log_file, stdin=subprocess.DEVNULL,
            # The policy lars: hosts take turns, so a test knows which one is next. A test of another policy sets it.
            env=environment(**{"LARS_LOADBALANCE_POLICY": "lars", **env}),
        )
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for raw in self.process.stdout:
            line = raw.decode(errors="replace").rstrip("\n")
            found = re.match(r"listening role=(\w+) port=(\d+)", line)
            with self.changed:
                self.lines.append(line)
                if found:
                    self.ports[found[1]] = int(found[2])
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)
            self.changed.notify_all()

    def port(self, role, timeout=PATIENCE):
        """The port that the role prints in its "listening" line."""
        with self.changed:
            done = self.changed.wait_for(lambda: role in self.ports or (self.lines and self.lines[-1] is None), timeout)
        if role in self.ports:
            return self.ports[role]
        why = "ended" if done else "printed nothing"
        raise AssertionError(f"role {role} {why} instead of listening:\n{self.log()[-2000:]}")

    def log(self):
        """Its log. A thread writes the lines a moment after their event, so this waits until the file stops growing."""
        path = pathlib.Path(self.log_path)
        text, before = path.read_text(errors="replace"), None
        for _ in range(10):
            if text == before:
                break
            time.sleep(0.02)
            before, text = text, path.read_text(errors="replace")
        return text

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        if number == signal.SIGSTOP:
            freeze(self.process)
        else:
            self.process.send_signal(number)

    def kill(self):
        """kill -9."""
        if self.alive():
            self.process.kill()
        self.close()

    def terminate(self, timeout=PATIENCE):
        """SIGTERM. Returns (exit code, seconds that took)."""
        start = time.monotonic()
        self.process.terminate()
        code = self.process.wait(timeout)
        passed = time.monotonic() - start
        self.close()
        return code, passed

    def close(self):
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.log_file.close()

    def memory_kb(self, what="VmRSS"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{what}:\s*(\d+) kB", status, re.M)[1])

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def flags(settings):
    """Turns {"dns.port": 0} into --set dns.port=0."""
    return [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]


class lars_test(unittest.TestCase):
    """A test with a directory of its own. Its processes end with it; their logs are printed when it fails."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lars-test-"))
        self.dir.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.processes = []

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print(f"-- logs of {self.id()}", file=sys.stderr)
            for process in getattr(self, "processes", []):
                print(f"   {process.process.args[1:]}\n{process.log_tail}", file=sys.stderr)

    def start(self, roles, config=None, env=None, **settings):
        """Starts roles; keys of `settings` are written dns__port. Port 0 and a state directory unless told otherwise."""
        settings = {name.replace("__", "."): value for name, value in settings.items()}
        arguments = [f"--role={roles}"]
        if config is None:
            names = roles.split(",") if roles != "all" else ["dns", "reporter", "agent"]
            for name in names:
                settings.setdefault(f"{name}.port", 0)
            settings.setdefault("http.port", 0)
            settings.setdefault("state.dir", self.dir / "state")
        else:
            arguments += ["--config", config]
        arguments += flags(settings)
        process = role_process(arguments, self.dir / f"log.{len(self.processes)}", **(env or {}))
        process.log_tail = ""
        self.processes.append(process)

        def end():
            process.kill()
            process.log_tail = process.log()[-3000:]

        self.addCleanup(end)
        return process

    def caller(self, agent):
        one = wire.caller(agent.port("agent") if isinstance(agent, role_process) else agent)
        self.addCleanup(one.close)
        return one

    def session(self, dns):
        one = wire.dns_session(dns.port("dns") if isinstance(dns, role_process) else dns)
        self.addCleanup(one.close)
        return one

    def lars(self, *arguments, code=0, input=None, env=None, timeout=60, **settings):
        """Runs a command to its end, checks its exit code, returns it with stdout and stderr as text."""
        settings = {name.replace("__", "."): value for name, value in settings.items()}
        done = subprocess.run(
            [BINARY, *map(str, arguments), *flags(settings)], input=input, capture_output=True, text=True,
            env=environment(**(env or {})), timeout=timeout, check=False,
        )
        if code is not None:
            message = f"lars {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
            self.assertEqual(done.returncode, code, message)
        return done

    def assert_within(self, limit, passed):
        if is_late(passed, limit):
            self.fail(f"took {passed:.2f} s, allowed are {limit} s on a machine that has time")

    # Waiting for what callers see -------------------------------------------------------------------------------------

    def route_becomes(self, caller, key, hosts, timeout=PATIENCE):
        """Waits until the module has exactly these hosts; returns the seconds it took."""
        hosts = sorted(hosts)
        seen = []

        def condition():
            seen[:] = [caller.get_route(*key)]
            return seen[0] == hosts

        done, passed = eventually(condition, timeout, 0.005)
        self.assertTrue(done, f"{key} has {seen[0]} after {timeout} s, not {hosts}")
        return passed

    def host_of(self, caller, key, timeout=PATIENCE):
        """A host of the module. Asks again while its route has not arrived, as callers do."""
        answers = []

        def condition():
            answers[:] = [caller.get_host(*key)]
            return answers[0][0] != wire.NO_SUCH_MODULE

        eventually(condition, timeout, 0.02)
        self.assertEqual(answers[0][0], wire.SUCCESS, f"{key}: code {answers[0][0]}")
        return answers[0][1]

    def isolate(self, caller, key, host, others=True):
        """Calls the module until `host` is ejected: calls to it fail, others succeed. Returns the number of failures."""
        failures, since = 0, 0
        for _ in range(2000):
            code, picked = caller.get_host(*key)
            if code != wire.SUCCESS:
                return failures
            since += 1
            if picked == host:
                failures, since = failures + 1, 0
                caller.report(*key, picked, 1)
            else:
                caller.report(*key, picked, 0)
                if since > 9:
                    return failures
        self.fail(f"{host} is still handed out after {failures} failures")


def main_job_address(n):
    """A host's address for tests, from both halves of the address space, so that negative numbers are sent too."""
    return (f"192.168.{n // 250}.{n % 250 + 1}", 7000 + n) if n % 2 else (f"10.0.{n // 250}.{n % 250 + 1}", 7000 + n)
