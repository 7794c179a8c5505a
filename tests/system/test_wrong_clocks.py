"""Machines with wrong clocks: no history is erased for it, and every reporter logs it."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import test_status
from http_port import get, metrics
from lars import ROOT, eventually
from test_status import MODULE

YEARS = 500 * 24 * 3600  # more than keep_1h


class preloaded:
    """Processes started within have clocks this many seconds ahead."""

    library = None

    def __init__(self, ahead):
        self.more = {"LD_PRELOAD": str(self.library), "CLOCK_SHIFT_S": str(ahead)}

    def __enter__(self):
        os.environ.update(self.more)

    def __exit__(self, *_):
        for name in self.more:
            del os.environ[name]


@unittest.skipUnless(shutil.which("cc"), "needs a C compiler")
class wrong_clock_test(test_status.status_test):
    @classmethod
    def setUpClass(cls):
        made = pathlib.Path(tempfile.mkdtemp(prefix="lars-clock-"))
        made.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, made)
        preloaded.library = made / "shifted_clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", preloaded.library,
                        ROOT / "tests" / "system" / "shifted_clock.c"], check=True)
        super().setUpClass()

    def restart_database(self):
        self.database.kill()
        self.database.start()

    def fill(self):
        """History of every age, and progress of an agent that has been away for a year."""
        now = int(time.time())
        rows = [(10, now - 60), (10, now - 7000), (60, now - 100000), (3600, now - 300 * 86400)]
        values = ",".join(f"(5, 5, 1, 80, {step}, {bucket - bucket % step}, 1)" for step, bucket in rows)
        self.database.sql(f"INSERT INTO CallHistory (modid, cmdid, ip, port, step, bucket, succ) VALUES {values};"
                          f"INSERT INTO ReportProgress VALUES ('{'ab' * 16}', 7, {now - 365 * 86400}),"
                          f" ('{'cd' * 16}', 7, {now - 60})", self.name)
        return self.kept()

    def kept(self):
        return self.database.sql("SELECT step, bucket, succ FROM CallHistory WHERE modid = 5 ORDER BY bucket;"
                                 f"SELECT seq FROM ReportProgress WHERE agent_id = '{'ab' * 16}'", self.name)

    def stays(self, before, seconds=14):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertEqual(self.kept(), before)
            time.sleep(0.5)

    def is_told(self, reporter, pattern, ahead):
        self.assertTrue(eventually(lambda: "reporter.clock_differs" in reporter.log())[0], reporter.log())
        self.assertRegex(reporter.log(), pattern)
        self.assertEqual(reporter.log().count("reporter.clock_differs"), 1)
        shown = metrics(reporter.port("http"))
        self.assertLess(abs(shown["lars_reporter_database_clock_skew_seconds"] - ahead), 3)
        self.assertEqual(shown["lars_reporter_history_paused"], 1)
        self.assertEqual(get(reporter.port("http"), "/readyz")[0], 200)

    def test_a_reporter_that_is_years_ahead_erases_nothing_and_says_so(self):
        before = self.fill()
        with preloaded(YEARS):
            wrong = self.start_reporter()
        one = self.session(wrong.port("reporter"))
        one.acknowledged(one.report(MODULE, [("10.0.0.1", 80, 1, 0)], age_ms=0))
        self.stays(before)
        self.is_told(wrong, r"reporter.clock_differs ahead_s=43[12]\d{5}", YEARS)
        newest = int(self.database.sql("SELECT MAX(bucket) FROM CallHistory", self.name)[0][0])
        self.assertLess(abs(newest - time.time()), 60, "calls are where the database's clock has them")

    def test_a_database_that_is_years_ahead_erases_nothing_and_every_reporter_says_so(self):
        before = self.fill()
        self.addCleanup(self.restart_database)
        with preloaded(YEARS):
            self.restart_database()
            # This one is on the same machine: it agrees, and has to be told.
            fooled = self.start_reporter()
        right = self.start_reporter()
        self.is_told(right, r"reporter.clock_differs ahead_s=-43\d{6}", -YEARS)
        self.stays(before)
        self.assertRegex(fooled.log(), "reporter.clock_doubted")
        self.assertEqual(metrics(fooled.port("http"))["lars_reporter_history_paused"], 1)

    def test_right_clocks_keep_the_history_small(self):
        before = self.fill()
        reporter = self.start_reporter(history__keep_1h="200d")
        self.assertTrue(eventually(lambda: self.kept() != before, interval=0.5)[0])
        self.assertEqual(metrics(reporter.port("http"))["lars_reporter_history_paused"], 0)


if __name__ == "__main__":
    unittest.main()
