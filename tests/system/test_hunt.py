"""One hunt over everything, and what it finds when something is wrong.

LARS_TEST_HUNT_SECONDS says how long it lasts, LARS_TEST_HUNT_SEED which faults come, LARS_TEST_HUNT_LOGS where logs
are kept.
"""

import os
import time
import unittest

import hunt_checks
from hunt import hunt
from lars import lars_test
from mariadb import mariadb

SECONDS = float(os.environ.get("LARS_TEST_HUNT_SECONDS", "75"))
SEED = os.environ.get("LARS_TEST_HUNT_SEED", "14")
LOGS = os.environ.get("LARS_TEST_HUNT_LOGS")
PART_S = 12.0


class hunt_test(lars_test):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.database = mariadb()
        cls.addClassCleanup(cls.database.stop)

    def test_calls_are_served_and_counted_once_whatever_happens(self):
        one = hunt(self, self.database, SEED)
        well = False
        try:
            one.run(SECONDS, PART_S)
            self.assertEqual(one.findings, [])
            well = True
        finally:
            print(one.report(), flush=True)
            if LOGS:
                one.fleet.keep_logs(LOGS)
            if not well:
                print(one.fleet.logs(), flush=True)

    # What is planted below has to be found, and nothing besides. ------------------------------------------------------

    def found(self, findings, *kinds):
        """Each finding is of these kinds, and each kind is there."""
        self.assertEqual({finding.split(":")[0] for finding in findings}, set(kinds), findings)

    def test_picks_that_need_the_agent_are_found(self):
        one = hunt(self, self.database, SEED, LARS_CLIENT_DIR="")
        agent = one.fleet.agents[0]
        with one.owing_nothing(agent):
            for caller in one.programs:
                caller.rest()
            agent.freeze()
            for caller in one.busy:
                caller.run()
            time.sleep(1.5)
            agent.thaw()
        one.slowest_picks()
        self.found(one.findings + hunt_checks.failed_picks(one.programs), "slow", "failed")

    def test_calls_that_are_lost_or_counted_twice_are_found_to_the_call(self):
        one = hunt(self, self.database, SEED)
        one.check()
        self.assertEqual(one.findings, [])
        one.fleet.rows("UPDATE CallHistory SET succ = succ + 1 WHERE modid = 11 LIMIT 1")
        one.check()
        self.found(one.findings, "doubled")
        self.assertEqual(one.parts[-1][5], 1, one.parts)
        one.findings.clear()
        one.fleet.rows("UPDATE CallHistory SET succ = succ - 2 WHERE modid = 11 AND succ > 1 LIMIT 1")
        one.check()
        self.found(one.findings, "lost")
        self.assertEqual(one.parts[-1][4], 2, one.parts)

    def test_a_route_that_an_agent_does_not_hear_of_is_found(self):
        one = hunt(self, self.database, SEED)
        for name, way in one.fleet.ways.items():
            if name.startswith("dns"):
                way.freeze()
        one.fleet.change("remove", 1, 1, "10.0.1.5:80")
        findings, _ = hunt_checks.routes(one.fleet, timeout=1)
        self.found(findings, "routes")
        self.assertEqual(len(findings), 2, findings)

    def test_hosts_that_do_not_get_their_share_are_found(self):
        one = hunt(self, self.database, SEED)
        for modid in (1, 2):
            one.fleet.change("set", modid, 1, f"10.0.{modid}.2:80", "--weight", 0)
        time.sleep(1)
        findings, _ = hunt_checks.shares(one.fleet, one.busy, looks=2)
        self.found(findings, "shares")
        # Both modules; on a busy machine another one may be off as well.
        self.assertGreaterEqual(len(findings), 2, findings)


if __name__ == "__main__":
    unittest.main()
