"""A reporter that stands still in the middle of a transaction: its agents' calls reach the history through another one
within seconds, and count once when it goes on."""

import signal
import subprocess
import time

import test_status
from http_port import get, metrics
from lars import PATIENCE, eventually
from status_peers import status_session
from test_status import MODULE


class open_transaction:
    """A connection of somebody else's that keeps its transaction open."""

    def __init__(self, database, name, statement):
        self.client = subprocess.Popen(
            ["mariadb", "--no-defaults", "-uroot", f"--socket={database.socket}", "-N", "-B", "--unbuffered", name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ask(f"BEGIN; {statement}; SELECT 'held'")

    def ask(self, statement):
        self.client.stdin.write(statement + ";\n")
        self.client.stdin.flush()
        while self.client.stdout.readline().strip() != "held":
            pass

    def end(self):
        if self.client.poll() is None:
            self.client.communicate("ROLLBACK;\n")


class frozen_reporter_test(test_status.status_test):
    def setUp(self):
        super().setUp()
        self.reporters = [self.start_reporter() for _ in range(2)]

    def hold(self, statement):
        held = open_transaction(self.database, self.name, statement)
        self.addCleanup(held.end)
        return held

    def waits_in_a_transaction(self):
        """True once a reporter's transaction waits for a lock. The server looks anew after 0.1 s without a question."""
        return eventually(lambda: self.database.sql(
            "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'") == [["1"]], interval=0.2)[0]

    def freeze_in_a_transaction(self, reporter, report):
        """Stops the reporter while it holds the locks of what `report` sends it."""
        held = self.hold("SELECT * FROM ServerCallStatus FOR UPDATE")
        report()
        self.assertTrue(self.waits_in_a_transaction())
        reporter.signal(signal.SIGSTOP)
        self.addCleanup(reporter.signal, signal.SIGCONT)
        held.end()

    def ready(self, reporter):
        return get(reporter.port("http"), "/readyz")[0] == 200

    def test_its_agent_is_served_by_another_within_seconds(self):
        first, second = self.reporters
        agent = self.session(first.port("reporter"), b"an agent of both")
        other = self.session(second.port("reporter"), b"a second's agent")
        agent.acknowledged(agent.report(MODULE, [("10.0.0.1", 80, 1, 0)]))
        self.freeze_in_a_transaction(first, lambda: agent.report(MODULE, [("10.0.0.1", 80, 2, 0)]))
        # The same agent over another connection, and another agent with calls of the same host.
        again = status_session(second.port("reporter"), b"an agent of both")
        self.addCleanup(again.close)
        began = time.monotonic()
        again.report(MODULE, [("10.0.0.1", 80, 2, 0)], seq=2)
        again.report(MODULE, [("10.0.0.1", 80, 4, 0)], seq=3)
        other.report(MODULE, [("10.0.0.1", 80, 8, 0)])
        locked = False
        while self.sums() != (15, 0):
            self.assertLess(time.monotonic() - began, PATIENCE, f"{self.sums()} of 15")
            self.assertTrue(self.ready(second), "it waits for another's locks, and is well")
            locked = locked or metrics(second.port("http")).get("lars_reporter_locked_writers", 0) > 0
            time.sleep(0.05)
        again.acknowledged(3)
        self.assertTrue(locked)
        self.assertRegex(second.log(), r"reporter.storage_locked .*holder=\"connection \d+ of 127.0.0.1:\d+")
        self.assertRegex(second.log(), "reporter.storage_recovered")
        self.assertEqual(metrics(second.port("http"))["lars_reporter_locked_writers"], 0)
        first.signal(signal.SIGCONT)
        agent.acknowledged(2)
        time.sleep(2)
        self.assertEqual(self.sums(), (15, 0))
        self.assertTrue(self.ready(first))
        agent.acknowledged(agent.report(MODULE, [("10.0.0.1", 80, 16, 0)], seq=4))
        self.assertEqual(self.sums(), (31, 0))

    def test_the_agents_whose_progress_is_held_are_named_where_connections_may_not_be_seen(self):
        self.database.sql("CREATE OR REPLACE USER plain@'%' IDENTIFIED BY 'x';"
                          f"GRANT SELECT, INSERT, UPDATE, DELETE ON {self.name}.* TO plain@'%'")
        url = f"mysql://db={self.name} user=plain password=x host=127.0.0.1 port={self.database.port}"
        reporter = self.start_reporter(url=url)
        one = self.session(reporter.port("reporter"), b"sixteen bytes id")
        one.acknowledged(one.report(MODULE, [("10.0.0.1", 80, 1, 0)]))
        held = self.hold("SELECT * FROM ReportProgress FOR UPDATE")
        one.report(MODULE, [("10.0.0.1", 80, 2, 0)])
        told = r"reporter.storage_locked .*agents=1 first_agent=127.0.0.1 holder=\"\""
        self.assertTrue(eventually(lambda: "reporter.storage_locked" in reporter.log())[0])
        self.assertRegex(reporter.log(), told)
        self.assertTrue(self.ready(reporter))
        held.end()
        one.acknowledged(2)
        self.assertEqual(self.sums(), (3, 0))

    def test_a_fleet_loses_and_doubles_nothing(self):
        agent = self.start_agent(self.start_dns(), *(one.port("reporter") for one in self.reporters))
        callers = test_status.load(agent.port("agent"), 70)
        self.assertTrue(eventually(lambda: sum(self.sums()) > 100)[0])
        in_use = next(one for one in self.reporters if test_status.fault_test.is_connected(one))
        self.freeze_in_a_transaction(in_use, lambda: None)
        made = callers.stop()
        self.assert_within(20, self.counted_exactly(made))
        in_use.signal(signal.SIGCONT)
        time.sleep(2)
        self.counted_exactly(made, 1)


if __name__ == "__main__":
    import unittest
    unittest.main()
