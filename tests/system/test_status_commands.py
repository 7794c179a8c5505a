"""`lars status` and `lars history` over a database with known rows."""

import csv
import io
import json
import pty
import os
import signal
import sqlite3
import subprocess
import time
import unittest

from lars import BINARY, PATIENCE, environment, flags, lars_test


class status_commands_test(lars_test):
    def setUp(self):
        super().setUp()
        self.path = self.dir / "status.db"
        self.url = f"sqlite3://{self.path}"
        self.lars("migrate", storage__url=self.url)
        # What began this very second is not history yet.
        while int(time.time()) % 10 == 0:
            time.sleep(0.1)
        self.now = int(time.time())

    def fill(self):
        """Host .1 answers well and fast, .2 fails at times, .3 is shielded by one of two agents."""
        bucket = self.now - self.now % 10
        with sqlite3.connect(self.path) as database:
            for host, good, bad, slow in ((1, 100, 0, 0), (2, 90, 10, 50), (3, 5, 5, 0)):
                ip = (10 << 24) + host
                for back in (0, 10, 20, 7200):
                    database.execute(
                        "INSERT INTO CallHistory (modid, cmdid, ip, port, step, bucket, succ, err, latency_sum_us,"
                        " latency_1, latency_9) VALUES (1, 2, ?, 80, 10, ?, ?, ?, ?, ?, ?)",
                        (ip, bucket - back, good, bad, 1000 * good, good - slow, slow))
                for caller in (1, 2):
                    database.execute("INSERT INTO ServerCallStatus VALUES (1, 2, ?, 80, ?, 7, 3, ?, ?)",
                                     (ip, caller, self.now - 3, "1" if host == 3 and caller == 1 else "0"))
        database.close()

    def rows(self, *arguments):
        done = self.lars(*arguments, "--format", "csv", storage__url=self.url)
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def test_status_says_how_calls_go(self):
        self.fill()
        first, second, third = self.rows("status")
        self.assertEqual(first["ip"], "10.0.0.1")
        self.assertGreater(float(first["calls_per_s"]), 6)
        self.assertLess(float(first["calls_per_s"]), 21)
        self.assertEqual(float(first["success_rate"]), 1)
        self.assertLess(float(first["p99_ms"]), 1.01)
        self.assertAlmostEqual(float(second["success_rate"]), 0.9, 2)
        self.assertGreater(float(second["p99_ms"]), 100)
        self.assertEqual((third["isolated"], third["told_by"]), ("1", "2"))
        self.assertLess(int(third["last_seen_s"]), 10)

    def test_json_is_an_array_of_objects(self):
        self.fill()
        rows = json.loads(self.lars("status", 1, 2, "--format", "json", storage__url=self.url).stdout)
        self.assertEqual([row["ip"] for row in rows], ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        self.assertEqual(rows[2]["isolated"], 1)

    def test_history_shows_steps_and_adds_finer_ones_up(self):
        self.fill()
        fine = self.rows("history", 1, 2, "--from", "-1h", "--step", "10s")
        self.assertEqual(len(fine), 9)
        self.assertEqual({row["step_s"] for row in fine}, {"10"})
        hours = self.rows("history", 1, 2, "--from", "-4h", "--to", "now", "--step", "1h")
        self.assertEqual(sum(int(row["calls"]) for row in hours), 4 * (100 + 100 + 10))
        self.assertEqual(sum(int(row["errors"]) for row in hours), 4 * 15)
        self.assertRegex(hours[0]["time"], r"^\d{4}-\d\d-\d\dT\d\d:00:00Z$")

    def test_nothing_reported_is_not_found(self):
        self.fill()
        self.lars("status", 9, 9, code=3, storage__url=self.url)
        self.lars("history", 9, 9, code=3, storage__url=self.url)
        self.assertEqual(len(self.lars("status", storage__url=self.url).stdout.splitlines()), 4)

    def test_mistakes_are_refused(self):
        for arguments in (("status", 1), ("status", "x", 1), ("status", "--interval", 0), ("history", 1),
                          ("history", 1, 2, "--from", "yesterday"), ("history", 1, 2, "--step", "5"),
                          ("history", 1, 2, "--from", "-1m", "--to", "-2m"), ("status", "--format", "xml")):
            self.lars(*arguments, code=2, storage__url=self.url)
        self.lars("status", code=78, storage__url=f"sqlite3://{self.dir / 'absent.db'}")
        self.lars("history", 1, 2, code=78, storage__url=f"sqlite3://{self.dir / 'absent.db'}")

    def test_a_database_without_history_says_what_to_do(self):
        old = self.dir / "old.db"
        with sqlite3.connect(old) as database:
            database.execute("CREATE TABLE RouteData (id INTEGER PRIMARY KEY, modid, cmdid, serverip, serverport)")
        database.close()
        for command in (("status",), ("history", 1, 1)):
            done = self.lars(*command, code=78, storage__url=f"sqlite3://{old}")
            self.assertIn("lars migrate", done.stderr)

    def on_a_terminal(self, *arguments, seconds=0.0, **env):
        """What a person sees. With `seconds`, Ctrl-C ends it after so long."""
        master, slave = pty.openpty()
        process = subprocess.Popen([BINARY, *arguments, *flags({"storage.url": self.url})], stdout=slave, stderr=slave,
                                   env=environment(**env))
        os.close(slave)
        if seconds:
            time.sleep(seconds)
            process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 0)
        text = b""
        try:
            while data := os.read(master, 65536):
                text += data
        except OSError:
            pass
        os.close(master)
        return text.decode()

    def test_colours_are_for_terminals_and_for_those_who_like_them(self):
        self.fill()
        shown = self.on_a_terminal("status")
        self.assertIn("\x1b[31m1", shown)
        self.assertIn("\x1b[33m1", shown)
        self.assertNotIn("\x1b", self.on_a_terminal("status", NO_COLOR="1"))
        self.assertNotIn("\x1b", self.lars("status", storage__url=self.url).stdout)

    def test_watching_goes_on_until_told_to_stop(self):
        self.fill()
        shown = self.on_a_terminal("status", "1", "2", "--watch", "--interval", "1", seconds=2.5)
        self.assertGreaterEqual(shown.count("\x1b[H"), 2)
        self.assertIn("10.0.0.3", shown)


if __name__ == "__main__":
    unittest.main()
