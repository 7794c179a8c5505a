"""Progress that a reporter reads late, or that a database has lost: no batch counts twice, and none is given another
name for it.

A node of a cluster that has not heard yet of what another one wrote is played by its row of progress, set back, and by a
trigger that refuses to change it, as the cluster does at the commit of whoever read it late."""

import time
import unittest

import test_status
from http_port import metrics
from lars import eventually
from test_status import MODULE

LATE = """CREATE TRIGGER late BEFORE UPDATE ON ReportProgress FOR EACH ROW
          SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'"""


class late_progress_test(test_status.fleet_test):
    def hosts(self, calls):
        return [("10.0.0.1", 80, calls, 0)]

    def progress(self):
        return {agent: int(seq)
                for agent, seq in self.database.sql("SELECT agent_id, seq FROM ReportProgress", self.name)}

    def test_a_gap_is_not_told_by_a_look_that_was_late(self):
        reporter = self.start_reporter()
        one = self.session(reporter.port("reporter"))
        for calls in 1, 2, 4:
            one.acknowledged(one.report(MODULE, self.hosts(calls)))
        self.database.sql(f"UPDATE ReportProgress SET seq = 1; {LATE}", self.name)
        one.report(MODULE, self.hosts(8))
        with self.assertRaises(TimeoutError, msg="nothing is known yet"):
            one.answer(2)
        # Before the trigger goes, as it has to be there at the next look; and there is no other way around it.
        self.database.sql(f"REPLACE INTO ReportProgress VALUES ('{one.agent_id.hex()}', 3, UNIX_TIMESTAMP());"
                          "DROP TRIGGER late", self.name)
        self.assertEqual(one.answer(10)[1:], (4, False))
        self.assertEqual(self.sums(), (15, 0))

    def test_an_agent_keeps_its_name_and_its_calls_count_once(self):
        self.start_fleet(reporters=1)
        callers = test_status.load(self.agent_port, 80)
        self.assertTrue(eventually(lambda: sum(self.progress().values()) > 5)[0])
        names = set(self.progress())
        self.database.sql(LATE, self.name)
        set_back = ";".join(f"REPLACE INTO ReportProgress VALUES ('{agent}', {seq} - 3, UNIX_TIMESTAMP())"
                            for agent, seq in self.progress().items() if seq > 3)
        self.assertTrue(set_back)
        self.database.sql(set_back, self.name)
        time.sleep(3)
        self.database.sql(set_back.replace(" - 3", "") + ";DROP TRIGGER late", self.name)
        made = callers.stop()
        self.counted_exactly(made)
        self.assertEqual(set(self.progress()), names)
        self.assertNotIn("agent.reporter_forgot", self.agent.log())
        self.assertNotIn("reporter.database_forgot", self.reporters[0].log())

    def test_after_a_restore_an_agent_goes_on_under_its_name(self):
        self.start_fleet(reporters=1)
        callers = test_status.load(self.agent_port, 81)
        self.assertTrue(eventually(lambda: sum(self.progress().values()) > 5)[0])
        with callers.quiet:
            self.assertTrue(eventually(lambda: self.sums() == (callers.made[True], callers.made[False]))[0])
            time.sleep(0.3)
            lost = self.sums()
            names = set(self.progress())
            # A database that knows three batches less, and none of their calls.
            self.database.sql("DELETE FROM CallHistory; UPDATE ReportProgress SET seq = seq - 3", self.name)
        made = callers.stop()
        self.counted_exactly((made[0] - lost[0], made[1] - lost[1]))
        self.assertEqual(set(self.progress()), names)
        self.assertNotIn("agent.reporter_forgot", self.agent.log())
        self.assertRegex(self.reporters[0].log(), r"reporter.database_forgot agent=\w{32} at=127.0.0.1 batches=3")
        http = self.reporters[0].port("http")
        self.assertEqual(metrics(http)['lars_reporter_batches_total{result="forgotten"}'], 3)

    def test_an_agent_that_tells_nothing_is_told_of_the_gap(self):
        reporter = self.start_reporter()
        one = self.session(reporter.port("reporter"))
        for calls in 1, 2, 4:
            one.acknowledged(one.report(MODULE, self.hosts(calls)))
        self.database.sql("UPDATE ReportProgress SET seq = 1", self.name)
        one.report(MODULE, self.hosts(8))
        self.assertEqual(one.answer()[1:], (1, True))


if __name__ == "__main__":
    unittest.main()
