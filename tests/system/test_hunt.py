"""One hunt over everything, and what it finds when something is wrong.

LARS_TEST_HUNT_SECONDS says how long it lasts, LARS_TEST_HUNT_SEED which faults come, LARS_TEST_HUNT_LOGS where logs
are kept.
"""

import os
import random
import time
import unittest

import hunt_checks
import hunt_faults
from borrowed_beat import borrowed_beat
from hunt import ALONE_AFTER_S, hunt
from lars import lars_test
from mariadb import mariadb

SECONDS = float(os.environ.get("LARS_TEST_HUNT_SECONDS", "180"))
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

    def rested(self, one):
        """Findings of the sums, once nobody calls any more. No agent was killed, so each call has to be there."""
        for caller in one.busy + one.udp:
            caller.rest()
        findings, lost, doubled, _ = one.sums.look({})
        return findings, sum(lost.values()), doubled

    def test_calls_that_are_dropped_because_their_host_left_are_found(self):
        one = hunt(self, self.database, SEED)
        member = "SELECT 1 FROM RouteData WHERE serverip = NEW.ip"
        for when in "INSERT", "UPDATE":
            kept = "0" if when == "INSERT" else "OLD.succ", "0" if when == "INSERT" else "OLD.err"
            one.fleet.rows(f"CREATE TRIGGER drops_{when} BEFORE {when} ON CallHistory FOR EACH ROW SET"
                           f" NEW.succ = IF(EXISTS({member}), NEW.succ, {kept[0]}),"
                           f" NEW.err = IF(EXISTS({member}), NEW.err, {kept[1]})")
        self.rested(one)
        leaves = hunt_faults.move_hosts(one, random.Random(SEED))
        leaves.begin()
        made = sum(leaves.program.made())
        leaves.program.do("end")
        findings, lost, _ = self.rested(one)
        self.found(findings, "lost")
        self.assertLessEqual(lost, sum(leaves.program.made()) - made, findings)

    def test_progress_that_is_stale_is_found(self):
        one = hunt(self, self.database, SEED)
        one.fleet.rows("CREATE TRIGGER stale BEFORE UPDATE ON ReportProgress FOR EACH ROW SET NEW.seq = OLD.seq")
        ways = [way for name, way in one.fleet.ways.items() if "agent" in name and "reporter" in name]
        for way in ways:
            way.hold_answers()
        time.sleep(0.8)  # something is committed, and not acknowledged
        for way in ways:
            way.cut()
            way.mend()
        findings, _, doubled = self.rested(one)
        self.found(findings, "doubled")
        self.assertGreater(doubled, 0)
        self.assertTrue(hunt_checks.forgotten(one.fleet))

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

    def test_programs_that_go_by_old_scores_without_their_agent_are_found(self):
        one = hunt(self, self.database, SEED)
        away, lender = one.fleet.agents
        programs = [caller for caller in one.busy if caller.agent is away]
        away.freeze()
        beat = borrowed_beat(away.process.process, lender.process.process)
        time.sleep(ALONE_AFTER_S)
        findings, off = hunt_checks.shares(one.fleet, programs, looks=3)
        beat.end()
        self.found(findings, "shares")
        self.assertGreater(off["p2c"], 0.12, "hosts of 0, 10, 20, 30 and 40 %")
        # Nothing but the beat was wrong.
        time.sleep(ALONE_AFTER_S)
        self.assertEqual(hunt_checks.shares(one.fleet, programs)[0], [])
        away.thaw()


if __name__ == "__main__":
    unittest.main()
