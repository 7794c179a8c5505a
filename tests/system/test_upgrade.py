"""The order of docs/upgrade.md, played with an old agent that never connects again: no machine is left on old routes."""

import re
import unittest

from lars import ROOT, eventually, free_port, lars_test
from old_peers import old_agent, old_dns

MODULE = (1, 1)
SOON = 5.0  # what a change takes at most, a process's start included


def order_of_the_page():
    """The roles that the numbered steps of the page swap, in their order."""
    page = (ROOT / "docs" / "upgrade.md").read_text().split("\n## And back")[0]
    return re.findall(r"(?m)^\d+\. \*\*(agent|dns|reporter)\*\*", page)


class new_agent:
    """An agent of ours as its callers see it; the process is the test's."""

    def __init__(self, caller):
        self.caller = caller

    def route(self):
        return self.caller.get_route(*MODULE)

    def close(self):
        pass


class upgrade_test(lars_test):
    """One machine with callers, a database, and the roles around them: first all old, then swapped one by one."""

    def setUp(self):
        super().setUp()
        self.url = f"sqlite3://{self.dir / 'lars.db'}"
        self.lars("migrate", storage__url=self.url)
        self.port = free_port()
        self.old = old_dns({}, self.port)
        self.addCleanup(lambda: self.old and self.old.close())
        self.changes = 0
        self.change()
        self.machine = old_agent(self.port, MODULE)
        self.addCleanup(lambda: self.machine.close())
        self.assertTrue(self.follows())

    def change(self):
        """Changes the module's host; the dns that runs pushes it."""
        self.changes += 1
        self.host = (f"10.0.0.{self.changes}", 80)
        self.lars("route", "import", "-", "--replace", *MODULE, storage__url=self.url,
                  input=f"modid,cmdid,ip,port\n1,1,{self.host[0]},{self.host[1]}\n")
        if self.old:
            self.old.push(MODULE, [self.host])

    def follows(self, timeout=SOON):
        return eventually(lambda: self.machine.route() == [self.host], timeout)[0]

    def swap_dns(self):
        self.old.close()
        self.old = None
        self.start("dns", dns__port=self.port, storage__url=self.url).port("dns")

    def swap_agent(self):
        self.machine.close()
        agent = self.start("agent", agent__dns=f"127.0.0.1:{self.port}", agent__reporter="")
        self.machine = new_agent(self.caller(agent))

    def swap_reporter(self):
        """A reporter has no part in routes."""

    def play(self, order):
        """Swaps in this order, with a change after each; returns the first role after which the machine was left behind."""
        for role in order:
            getattr(self, f"swap_{role}")()
            self.change()
            if not self.follows():
                return role
        return None

    def test_in_the_order_of_the_page_every_change_arrives(self):
        order = order_of_the_page()
        self.assertEqual(sorted(order), ["agent", "dns", "reporter"])
        self.assertIsNone(self.play(order))

    def test_another_order_would_be_found(self):
        self.assertEqual(self.play(["reporter", "dns", "agent"]), "dns")
        self.assertEqual(self.machine.attempts, 2)

    def test_an_old_agent_that_is_restarted_after_the_swap_follows_again(self):
        self.swap_dns()
        self.machine.close()
        self.machine = old_agent(self.port, MODULE)
        self.change()
        self.assertTrue(self.follows())

    def test_back_again_dns_goes_before_the_agent(self):
        self.assertIsNone(self.play(["agent", "dns"]))
        self.processes[-1].kill()  # the new dns
        self.old = old_dns({MODULE: [self.host]}, self.port)
        self.change()
        self.assertTrue(self.follows())


if __name__ == "__main__":
    unittest.main()
