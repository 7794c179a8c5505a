"""Logs whose reader stands still, is not there, or whose disk is full: nobody who is served notices."""

import os
import re
import socket
import unittest

import wire
from http_port import get, metrics
from lars import PATIENCE, eventually, lars_test


class log_test(lars_test):
    def fifo(self, name):
        path = self.dir / name
        os.mkfifo(path)
        return path

    def flap(self, caller, host, times):
        """The host is ejected and comes back, each time with a line in the log."""
        for _ in range(times):
            for code, count in ((1, 16), (0, 16)):
                for _ in range(count):
                    caller.report(1, 1, host, code)
            caller.get_host(1, 1)  # answered after all of them

    def assert_served(self, role):
        caller = self.caller(role)
        for port in range(3):
            self.assertEqual(caller.get_host(1, 1, port=caller.agent_port + port)[0], wire.SUCCESS)
        self.assertEqual(get(role.port("http"), "/livez"), (200, "alive\n"))

    def assert_ends_well(self, role):
        code, seconds = role.terminate()
        self.assertEqual(code, 0)
        self.assert_within(4, seconds)

    def serve(self, **settings):
        role = self.start("all", **settings)
        role.port("http")
        for host in ("10.0.0.1:80", "10.0.0.2:80"):
            self.lars("route", "add", 1, 1, host, state__dir=self.dir / "state")
        caller = self.caller(role)
        self.host_of(caller, (1, 1))
        return role, caller

    def test_a_stderr_that_nobody_reads_stops_no_port(self):
        path = self.fifo("log.0")
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        role, caller = self.serve()
        role.log_path = os.devnull
        self.flap(caller, ("10.0.0.1", 80), 450)
        self.assert_served(role)
        # The pipe is full: what was logged since waits in the process.
        self.assertGreater(len(os.read(reader, 1 << 20)), 60_000)
        self.assertTrue(eventually(lambda: self.reads_more(reader))[0])
        self.assert_ends_well(role)

    def reads_more(self, reader):
        try:
            return len(os.read(reader, 1 << 16)) > 0
        except BlockingIOError:
            return False

    def test_a_log_file_that_is_a_fifo_without_a_reader_holds_up_neither_start_nor_stop(self):
        role, caller = self.serve(log__file=self.fifo("log"))
        self.flap(caller, ("10.0.0.1", 80), 450)
        self.assert_served(role)
        self.assert_ends_well(role)

    def test_lines_that_the_disk_refuses_are_counted(self):
        role, _ = self.serve(log__file="/dev/full")
        self.assert_served(role)
        self.assertTrue(eventually(lambda: metrics(role.port("http"))["lars_log_dropped_lines_total"] > 0)[0])
        self.assert_ends_well(role)

    def test_a_refusal_to_start_is_told_however_early(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        role = self.start("dns", dns__port=taken.getsockname()[1])
        self.assertEqual(role.process.wait(PATIENCE), 1)
        self.assertIn("in use", role.log())

    def test_health_checks_are_told_once_and_counted(self):
        role = self.start("dns,reporter")
        http = role.port("http")
        ports = {name: role.port(name) for name in ("dns", "reporter", "http")}
        for _ in range(50):
            for port in ports.values():
                socket.create_connection(("127.0.0.1", port)).close()
        for name in ports:
            series = f'lars_connections_silent_total{{port="{name}"}}'
            self.assertTrue(eventually(lambda: metrics(http)[series] == 50)[0], f"{series} {metrics(http)[series]}")
        self.assertNotRegex(role.log(), r"agent_(joined|left|dropped)|silent_connections")
        session = self.session(role)
        session.ask(1, 1)
        session.route()
        session.close()
        self.assertTrue(eventually(lambda: "dns.agent_left" in role.log())[0])
        role.terminate()
        self.assertEqual(role.log().count("dns.agent_joined"), 1)
        # The minute is cut short by the end of the process, which a port may not live to see.
        told = re.findall(r"net\.silent_connections port=(\d+) peer=127\.0\.0\.1 connections=50\n", role.log())
        self.assertEqual(len(told), role.log().count("silent_connections"))
        self.assertEqual(len(told), len(set(told)))
        self.assertTrue(set(told) <= {str(port) for port in ports.values()}, told)
        self.assertGreater(len(told), 0)


if __name__ == "__main__":
    unittest.main()
