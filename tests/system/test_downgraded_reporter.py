"""A reporter whose program is exchanged for one already in the field, under an agent that goes on."""

import unittest

from lars import eventually, free_port
from status_peers import old_reporter
from test_sharing import HOSTS, sharing_test


class downgraded_reporter_test(sharing_test):
    def test_it_gets_what_its_agent_has_before_a_minute_is_over(self):
        port = free_port()
        reporter = self.start("reporter", state__dir=self.dir / "reporter", storage__url=self.url, reporter__port=port)
        agent = self.start_agent(agent__reporter=f"127.0.0.1:{port}")
        caller = self.caller(agent)
        self.route_becomes(caller, (1, 1), HOSTS)
        caller.report(1, 1, HOSTS[0], 0)
        self.becomes(self.history, 1)
        reporter.terminate()
        old = old_reporter(port)
        self.addCleanup(old.close)
        caller.report(1, 1, HOSTS[0], 0)
        self.assertTrue(eventually(lambda: old.rows, interval=0.2)[0])
        self.assertIn(f"agent.reporter_is_old server=127.0.0.1:{port}", agent.log())
        old.close()
        # Upgraded again, it is known for what it is at once. What the old one had for less than five seconds is told again.
        self.start("reporter", state__dir=self.dir / "reporter", storage__url=self.url, reporter__port=port)
        caller.report(1, 1, HOSTS[0], 0)
        self.assertTrue(eventually(lambda: self.history() >= 2, interval=0.1)[0])


if __name__ == "__main__":
    unittest.main()
