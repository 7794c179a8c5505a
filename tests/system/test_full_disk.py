"""An agent whose disk is full: it starts however it ended, serves, counts, and says what it cannot keep."""

import os
import subprocess
import unittest

import test_status
from http_port import get, metrics
from lars import eventually
from test_status import MODULE, load


@unittest.skipUnless(os.getuid() == 0, "needs root to mount a small file system")
class full_disk_test(test_status.fleet_test):
    def setUp(self):
        super().setUp()
        self.small = self.dir / "agent"
        self.small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "lars-test", self.small], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.small], check=False)

    def fill(self):
        """To the last byte."""
        with open(self.small / "filler", "ab", buffering=0) as filler:
            for size in (65536, 1):
                try:
                    while filler.write(b"x" * size):
                        pass
                except OSError:
                    pass

    def make_room(self):
        (self.small / "filler").unlink()

    def call(self, times):
        caller = self.caller(self.agent)
        for _ in range(times):
            caller.report(*MODULE, self.host_of(caller, MODULE), 0)

    def serves(self):
        http = self.agent.port("http")
        self.assertEqual(get(http, "/readyz")[0], 200)
        return metrics(http)

    def test_stopped_cleanly_it_starts_and_counts(self):
        self.start_fleet()
        self.call(20)
        self.assertEqual(self.agent.terminate()[0], 0)
        self.fill()
        self.restart_agent()
        shown = self.serves()
        self.assertEqual(shown["lars_agent_counters_in_memory"], 0)
        self.assertEqual(shown["lars_agent_spool_failures_total"], 0)
        self.call(30)
        self.counted_exactly((50, 0))
        with self.subTest("and once more"):
            self.assertEqual(self.agent.terminate()[0], 0)
            self.restart_agent()
            self.call(5)
            self.counted_exactly((55, 0))

    def test_killed_with_results_on_disk_it_starts_and_loses_none(self):
        self.start_fleet()
        self.reporters[0].kill()
        self.call(20)
        eventually(lambda: metrics(self.agent.port("http"))["lars_agent_batches_waiting"] > 0)
        self.agent.kill()
        self.fill()
        self.restart_agent()
        self.serves()
        # No room for a file of its own: what is counted now waits in the counters, and it says so.
        self.call(30)
        self.assertTrue(eventually(lambda: self.serves()["lars_agent_spool_failures_total"] > 0)[0])
        self.assertRegex(self.agent.log(), r"agent.spool_failed .*No space left")
        self.agent.kill()
        self.restart_agent()
        self.call(7)
        # The room of the file that the reporter has committed is enough to go on with.
        self.start_reporter(self.ports[0])
        self.counted_exactly((57, 0))
        self.call(8)
        self.counted_exactly((65, 0))
        self.assertRegex(self.agent.log(), "agent.spool_recovered")

    def test_a_first_start_serves_and_says_that_nothing_is_kept(self):
        self.dns = self.start_dns()
        self.fill()
        reporter = self.start_reporter()
        self.agent = self.start_agent(self.dns, reporter.port("reporter"))
        self.call(20)
        self.assertTrue(eventually(lambda: self.serves()["lars_agent_spool_failures_total"] > 0)[0])
        shown = self.serves()
        self.assertEqual(shown["lars_agent_counters_in_memory"], 1)
        self.assertEqual(shown["lars_agent_unsaved_routes"], 1)
        for event in "agent.counters_in_memory", "agent.spool_failed", "agent.save_failed":
            self.assertIn(event, self.agent.log())
        self.make_room()
        self.counted_exactly((20, 0))
        self.assertTrue(eventually(lambda: self.serves()["lars_agent_unsaved_routes"] == 0)[0])

    def test_kills_on_a_disk_that_is_now_full_and_now_not_lose_nothing(self):
        self.start_fleet()
        callers = load(self.agent_port, 50)
        for round_ in range(6):
            if round_ % 3 == 0:
                self.reporters[0].kill()
            if round_ % 2 == 0:
                self.fill()
            with callers.quiet:
                (self.agent.kill if round_ % 3 else self.agent.terminate)()
                self.restart_agent()
            eventually(lambda: False, 0.6)
            if round_ % 2:
                self.make_room()
            if round_ % 3 == 2:
                self.reporters[0] = self.start_reporter(self.ports[0])
        made = callers.stop()
        (self.small / "filler").unlink(missing_ok=True)
        self.counted_exactly(made)


if __name__ == "__main__":
    unittest.main()
