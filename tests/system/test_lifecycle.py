"""From start to end as an operator and systemd see it: readiness, reload, watchdog, stop."""

import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import unittest

import wire
from http_port import get, metrics
from lars import BINARY, PATIENCE, ROOT, environment, eventually, free_port, lars_test


class manager:
    """The socket on which systemd listens."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(5)

    def next(self, but=("WATCHDOG",)):
        """The next message as a dictionary, those of the kinds `but` left out."""
        while True:
            text = self.socket.recv(4096).decode()
            message = dict(line.split("=", 1) for line in text.splitlines())
            if not any(kind in message for kind in but):
                return message

    def beats(self, seconds):
        """How many keep-alives come within this time."""
        self.socket.setblocking(False)
        end, beats = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            try:
                beats += "WATCHDOG=1" in self.socket.recv(4096).decode()
            except BlockingIOError:
                time.sleep(0.005)
        self.socket.settimeout(5)
        return beats

    def fill(self):
        """Leaves no place in the queue; what is there does not count."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
            filler.setblocking(False)
            try:
                while True:
                    filler.sendto(b"FILLER=1", str(self.path))
            except BlockingIOError:
                pass

    def close(self):
        self.socket.close()


class systemd_test(lars_test):
    def setUp(self):
        super().setUp()
        self.manager = manager(self.dir / "notify")
        self.addCleanup(self.manager.close)

    def notified(self, roles, **settings):
        env = {"NOTIFY_SOCKET": self.manager.path, "WATCHDOG_USEC": 400_000}
        return self.start(roles, env=env, **settings)

    def test_each_step_is_told_and_the_watchdog_is_fed(self):
        role = self.notified("all")
        self.assertEqual(self.manager.next()["READY"], "1")
        self.assertGreaterEqual(self.manager.beats(1), 4)  # one in 0.4 s would do
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        role.signal(signal.SIGHUP)
        reloading = self.manager.next()
        self.assertEqual(reloading["RELOADING"], "1")
        self.assertGreaterEqual(int(reloading["MONOTONIC_USEC"]), before)
        self.assertEqual(self.manager.next()["READY"], "1")
        role.signal(signal.SIGTERM)
        self.assertEqual(self.manager.next()["STOPPING"], "1")
        self.assertEqual(role.process.wait(PATIENCE), 0)

    def test_a_process_that_does_not_turn_does_not_feed_the_watchdog(self):
        role = self.notified("dns")
        self.manager.next()
        role.signal(signal.SIGSTOP)
        self.manager.beats(0.2)
        self.assertEqual(self.manager.beats(1), 0)
        role.signal(signal.SIGCONT)
        self.assertGreater(self.manager.beats(1), 0)

    def test_a_database_that_hangs_is_no_reason_to_be_restarted(self):
        silent = socket.socket()
        self.addCleanup(silent.close)
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # takes connections, says nothing
        url = f"mysql://db=x user=y host=127.0.0.1 port={silent.getsockname()[1]}"
        self.notified("dns,reporter", storage__url=url)
        self.manager.next()
        self.assertGreaterEqual(self.manager.beats(2), 4)

    def test_a_manager_that_does_not_read_holds_up_nobody(self):
        role = self.notified("all")
        self.manager.next()
        http = role.port("http")
        self.manager.fill()
        time.sleep(0.3)  # three beats of the watchdog
        self.assertEqual(get(http, "/livez"), (200, "alive\n"))
        code, seconds = role.terminate()
        self.assertEqual(code, 0)
        self.assert_within(4, seconds)

    def test_a_manager_that_reads_late_is_told_of_the_start_all_the_same(self):
        self.manager.fill()
        role = self.notified("dns")
        self.assertEqual(get(role.port("http"), "/livez"), (200, "alive\n"))
        self.assertTrue(eventually(lambda: "app.manager_not_told untold=READY" in role.log())[0])
        self.assertEqual(self.manager.next(but=("WATCHDOG", "FILLER"))["READY"], "1")
        self.assertEqual(role.terminate()[0], 0)

    def test_a_manager_may_have_an_abstract_address(self):
        address = f"lars-test-{os.getpid()}"
        self.manager = manager(f"\0{address}")
        self.addCleanup(self.manager.close)
        self.start("dns", env={"NOTIFY_SOCKET": f"@{address}"})
        self.assertEqual(self.manager.next()["READY"], "1")


class units_test(lars_test):
    UNITS = sorted((ROOT / "config" / "systemd").glob("*.service"))

    def test_each_role_has_one(self):
        self.assertEqual([unit.stem for unit in self.UNITS], ["lars-agent", "lars-dns", "lars-reporter"])

    def test_they_are_hardened(self):
        for unit in self.UNITS:
            told = subprocess.run(["systemd-analyze", "security", "--offline=true", str(unit)], capture_output=True,
                                  text=True, check=True).stdout
            self.assertLess(float(re.search(r"exposure level for \S+: ([\d.]+)", told)[1]), 3.0, unit)

    def test_systemd_has_nothing_against_them(self):
        for unit in self.UNITS:
            # The program is not installed here: another one takes its place.
            text = unit.read_text()
            copy = self.dir / unit.name
            copy.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.M))
            told = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(copy)],
                                  capture_output=True, text=True, check=False)
            self.assertEqual((told.returncode, told.stdout, told.stderr), (0, "", ""), unit)

    def lines(self, unit, key):
        """What the unit says of this key, each word."""
        return " ".join(re.findall(rf"^{key}=(.*)$", unit.read_text(), re.M)).split()

    def test_logs_go_where_the_manual_and_logrotate_expect_them(self):
        directory = "/var/log/lars"
        self.assertIn(f"[log] file = {directory}/", (ROOT / "docs" / "operations.md").read_text())
        self.assertIn(f"\n{directory}/*.log {{", (ROOT / "config" / "logrotate.d" / "lars").read_text())
        self.assertRegex((ROOT / "config" / "tmpfiles.d" / "lars.conf").read_text(), rf"(?m)^d {directory} +0750 lars ")
        for unit in self.UNITS:
            self.assertEqual(self.lines(unit, "ProtectSystem"), ["strict"])
            self.assertIn(f"-{directory}", self.lines(unit, "ReadWritePaths"), unit)

    def test_no_role_that_stops_takes_what_another_has_in_a_shared_directory(self):
        for unit in self.UNITS:
            if self.lines(unit, "RuntimeDirectory"):
                self.assertEqual(self.lines(unit, "RuntimeDirectoryPreserve"), ["yes"], unit)
        agent = self.UNITS[0]
        self.assertEqual(self.lines(agent, "RuntimeDirectory"), ["lars"])

    def test_what_they_say_is_what_the_program_takes(self):
        for unit in self.UNITS:
            words = re.search(r"^ExecStart=/usr/bin/lars (.*)$", unit.read_text(), re.M)[1].split()
            file = ROOT / "config" / pathlib.Path(words[-1]).name
            self.lars("check-config", words[0], "--config", file, env={"STATE_DIRECTORY": self.dir})


class health_test(lars_test):
    def test_dns_is_ready_when_its_table_is_loaded(self):
        port = free_port()
        role = self.start("dns", storage__url=f"mysql://db=x user=y host=127.0.0.1 port={port}")
        http = role.port("http")
        self.assertEqual(get(http, "/livez")[0], 200)
        status, text = get(http, "/readyz")
        self.assertEqual(status, 503)
        self.assertIn("dns: the route table is", text)
        with_table = self.start("dns", state__dir=self.dir / "other")
        self.assertTrue(eventually(lambda: get(with_table.port("http"), "/readyz")[0] == 200)[0])

    def test_agent_is_ready_when_it_knows_a_route_or_a_dns(self):
        lonely = self.start("agent", agent__dns=f"127.0.0.1:{free_port()}")
        self.assertEqual(get(lonely.port("http"), "/readyz")[0], 503)
        self.assertGreater(metrics(lonely.port("http"))["lars_agent_route_age_seconds"], 0)
        lonely.kill()
        both = self.start("dns,agent")
        both.port("http")
        self.lars("route", "add", 1, 1, "10.0.0.1:80", state__dir=self.dir / "state")
        self.host_of(self.caller(both), (1, 1))
        self.assertEqual(get(both.port("http"), "/readyz")[0], 200)
        self.assertLess(metrics(both.port("http"))["lars_agent_route_age_seconds"], 2)
        both.terminate()
        # It knows the route from its file.
        again = self.start("agent", agent__dns=f"127.0.0.1:{free_port()}")
        self.assertEqual(get(again.port("http"), "/readyz")[0], 200)

    def test_a_default_port_that_is_taken_does_not_stop_a_role(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 7780))
            taken.listen()
        except OSError:
            pass  # somebody else has it: just as well
        (self.dir / "dns.conf").write_text(f"[dns]\nport = 0\n[state]\ndir = {self.dir / 'state'}\n")
        role = self.start("dns", config=self.dir / "dns.conf")
        self.assertEqual(get(role.port("http"), "/livez"), (200, "alive\n"))
        self.assertIn("http.default_port_taken", role.log())

    def test_a_port_that_was_asked_for_and_is_taken_stops_it(self):
        first = self.start("dns")
        self.lars("--role=dns", code=1, dns__port=0, http__port=first.port("http"), state__dir=self.dir / "other")


class reload_test(lars_test):
    def setUp(self):
        super().setUp()
        self.config = self.dir / "lars.conf"
        self.log_file = self.dir / "lars.log"
        self.write()
        self.role = self.start("all", config=self.config)
        self.role.port("http")

    def write(self, level="info", **keys):
        keys = {"loadbalance": "", "dns": "", "agent": "", **keys}
        self.config.write_text(
            f"[dns]\nport = 0\n{keys['dns']}\n[reporter]\nport = 0\n[agent]\nport = 0\n{keys['agent']}\n[http]\nport = 0\n[state]\ndir = {self.dir / 'state'}\n"
            f"[loadbalance]\n{keys['loadbalance']}\n[log]\nlevel = {level}\nfile = {self.log_file}\n")

    def reload(self, event="app.reloaded"):
        seen = self.log_file.read_text().count(event)
        self.role.signal(signal.SIGHUP)
        done, _ = eventually(lambda: self.log_file.exists() and self.log_file.read_text().count(event) > seen)
        self.assertTrue(done, self.log_file.read_text()[-2000:])

    def test_the_rule_for_hosts_changes_without_losing_what_was_counted(self):
        self.lars("route", "add", 1, 1, "10.0.0.1:80", state__dir=self.dir / "state")
        self.lars("route", "add", 1, 1, "10.0.0.2:80", state__dir=self.dir / "state")
        caller = self.caller(self.role)
        self.route_becomes(caller, (1, 1), [("10.0.0.1", 80), ("10.0.0.2", 80)])
        bad = ("10.0.0.1", 80)
        for _ in range(3):
            caller.report(1, 1, bad, 1)
        self.write(loadbalance="contin_err_limit = 4")
        self.reload()
        caller.report(1, 1, bad, 1)  # the fourth in a row
        picked = [caller.get_host(1, 1)[1] for _ in range(8)]
        self.assertNotIn(bad, picked)
        self.assertEqual(metrics(self.role.port("http"))["lars_agent_isolated_hosts"], 1)

    def test_intervals_of_a_minute_become_short_at_once(self):
        self.role.kill()
        self.write(dns="poll_interval_ms = 60000\nreconcile_interval_s = 3600", agent="report_interval_ms = 60000")
        self.role = self.start("all", config=self.config)
        http = self.role.port("http")
        self.assertTrue(eventually(lambda: metrics(http)["lars_dns_loaded"] == 1)[0])
        time.sleep(0.3)
        self.lars("route", "add", 2, 1, "10.0.0.1:80", state__dir=self.dir / "state")
        time.sleep(0.5)
        self.assertEqual(metrics(http)["lars_dns_hosts"], 0)
        self.write(dns="poll_interval_ms = 50", agent="report_interval_ms = 50")
        self.reload()
        self.assertTrue(eventually(lambda: metrics(http)["lars_dns_hosts"] == 1)[0])
        caller = self.caller(self.role)
        caller.report(2, 1, self.host_of(caller, (2, 1)), 0)
        self.assertTrue(eventually(lambda: metrics(http)["lars_reporter_rows_total"] > 0)[0])

    def test_the_log_file_is_opened_anew_and_its_level_read(self):
        shutil.move(self.log_file, self.dir / "old.log")
        self.write(level="debug")
        self.role.signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: self.log_file.exists() and "app.reloaded" in self.log_file.read_text())[0])
        self.lars("route", "add", 3, 1, "10.0.0.1:80", state__dir=self.dir / "state")
        self.host_of(self.caller(self.role), (3, 1))
        self.assertTrue(eventually(lambda: "agent.route_changed" in self.log_file.read_text())[0])

    def test_what_needs_a_restart_is_named(self):
        self.write(dns="max_connections = 17")
        self.reload()
        self.assertIn("app.reloaded needs_restart=dns.max_connections", self.log_file.read_text())

    def test_a_file_that_has_become_wrong_changes_nothing(self):
        self.write(dns="max_connections = many", level="error")
        self.reload("app.reload_failed")
        self.assertIn("max_connections", self.log_file.read_text())
        self.assertTrue(self.role.alive())
        self.write()
        self.reload()

    def test_a_reload_that_finds_no_memory_changes_nothing(self):
        http = self.role.port("http")
        self.assertTrue(eventually(lambda: get(http, "/readyz")[0] == 200)[0])
        with open(self.config, "r+b") as file:
            file.truncate(1 << 30)
        pages = int(pathlib.Path(f"/proc/{self.role.process.pid}/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + (24 << 20)
        before = resource.prlimit(self.role.process.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        self.reload("app.reload_failed")
        resource.prlimit(self.role.process.pid, resource.RLIMIT_AS, before)
        self.assertEqual(metrics(http)["lars_process_exceptions_total"], 1)
        self.write(dns="poll_interval_ms = 50")
        self.reload()
        self.assertEqual(self.role.terminate()[0], 0)

    def test_a_hangup_in_the_first_moments_of_a_role_is_a_reload(self):
        self.role.kill()
        ignored = 1 << (signal.SIGXFSZ - 1)  # by the program, first of all
        for delay in range(30):
            role = self.start("dns")
            status = pathlib.Path(f"/proc/{role.process.pid}/status")
            begun = lambda: int(re.search(r"^SigIgn:\s*(\w+)$", status.read_text(), re.M)[1], 16) & ignored
            self.assertTrue(eventually(begun, interval=0)[0])
            time.sleep(delay / 1000)
            role.signal(signal.SIGHUP)
            role.port("dns")
            self.assertTrue(eventually(lambda: "app.reloaded" in role.log())[0], f"after {delay} ms")
            self.assertEqual(role.terminate()[0], 0)

    def test_a_hangup_ends_a_command(self):
        with subprocess.Popen([BINARY, "route", "import", "-", "--set", f"state.dir={self.dir / 'state'}"],
                              stdin=subprocess.PIPE, env=environment()) as command:
            time.sleep(0.3)
            command.send_signal(signal.SIGHUP)
            self.assertEqual(command.wait(PATIENCE), -signal.SIGHUP)


class stop_test(lars_test):
    def test_while_it_stops_it_is_not_ready_and_takes_no_more(self):
        silent = socket.socket()
        self.addCleanup(silent.close)
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        # The database hangs, so that stopping takes its full time.
        url = f"mysql://db=x user=y host=127.0.0.1 port={silent.getsockname()[1]}"
        role = self.start("dns,reporter", storage__url=url)
        http, reporter = role.port("http"), role.port("reporter")
        time.sleep(0.3)
        began = time.monotonic()
        role.signal(signal.SIGTERM)
        self.assertTrue(eventually(lambda: "app.stopping" in role.log())[0])
        time.sleep(0.05)
        status, text = get(http, "/readyz")
        self.assertEqual((status, "stopping" in text), (503, True))
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", reporter), 2)
        self.assertEqual(role.process.wait(PATIENCE), 0)
        self.assert_within(5, time.monotonic() - began)

    def test_a_second_signal_leaves_at_once(self):
        silent = socket.socket()
        self.addCleanup(silent.close)
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        role = self.start("dns", storage__url=f"mysql://db=x user=y host=127.0.0.1 port={silent.getsockname()[1]}")
        role.port("http")
        time.sleep(0.3)
        role.signal(signal.SIGTERM)
        self.assertTrue(eventually(lambda: "app.stopping" in role.log())[0])
        began = time.monotonic()
        role.signal(signal.SIGTERM)
        self.assertEqual(role.process.wait(PATIENCE), 1)
        self.assert_within(0.5, time.monotonic() - began)

    def lock_database(self):
        """Holds a writing transaction open on the default database of the test's state directory."""
        (self.dir / "state").mkdir(exist_ok=True)
        other = sqlite3.connect(self.dir / "state" / "lars.db", isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")

    def test_a_database_that_another_program_has_locked_does_not_hold_up_a_stop(self):
        role = self.start("all", agent__report_interval_ms=50)
        role.port("http")
        self.lars("route", "add", 1, 1, "10.0.0.1:80", state__dir=self.dir / "state")
        caller = self.caller(role)
        host = self.host_of(caller, (1, 1))
        self.lock_database()
        for _ in range(20):
            caller.report(1, 1, host, 0)
            time.sleep(0.02)  # a writer waits for the lock now
        code, seconds = role.terminate()
        self.assertEqual(code, 0)
        self.assert_within(4.5, seconds)

    def test_who_still_waits_for_a_locked_database_to_start_stops_at_once(self):
        self.lock_database()
        role = self.start("dns")
        time.sleep(0.5)
        self.assertEqual(role.lines, [])
        code, seconds = role.terminate()
        self.assertEqual(code, 0)
        self.assert_within(0.5, seconds)

    def test_an_agent_answers_what_came_before_the_signal(self):
        both = self.start("dns,agent")
        both.port("http")
        self.lars("route", "add", 1, 1, "10.0.0.1:80", state__dir=self.dir / "state")
        caller = self.caller(both)
        self.host_of(caller, (1, 1))
        both.signal(signal.SIGSTOP)
        for _ in range(50):
            caller.send(wire.golden()["get_host_request"], caller.agent_port)
        both.signal(signal.SIGTERM)
        both.signal(signal.SIGCONT)
        self.assertEqual(both.process.wait(PATIENCE), 0)
        answers = 0
        caller.socket.settimeout(0.2)
        try:
            while caller.socket.recv(2048):
                answers += 1
        except (TimeoutError, socket.timeout, OSError):
            pass
        self.assertEqual(answers, 50)


if __name__ == "__main__":
    unittest.main()
