"""What a hand wrote into the database: a bad row costs that row, whoever serves and whoever asks."""

import sqlite3
import time
import unittest

from http_port import metrics
from lars import PATIENCE, eventually, lars_test

MODULES = 60
BAD = 7


class bad_rows_test(lars_test):
    """All roles on SQLite, sixty modules of two hosts that an agent knows."""

    def setUp(self):
        super().setUp()
        self.state = self.dir / "state"
        rows = "".join(f"{m},1,10.0.{m}.{h},80,100,eu,up\n" for m in range(1, MODULES + 1) for h in (1, 2))
        self.role = self.start("all", state__dir=self.state, dns__reconcile_interval_s=1)
        self.role.port("dns")  # it has made its database
        (self.dir / "routes.csv").write_text("modid,cmdid,ip,port,weight,zone,state\n" + rows)
        self.command("route", "import", self.dir / "routes.csv")
        self.caller_ = self.caller(self.role)
        for module in range(1, MODULES + 1):
            self.route_becomes(self.caller_, (module, 1), self.hosts(module))
        self.http = self.role.port("http")
        self.before = metrics(self.http)

    @staticmethod
    def hosts(module):
        return [(f"10.0.{module}.{h}", 80) for h in (1, 2)]

    def command(self, *arguments, **more):
        return self.lars(*arguments, state__dir=self.state, **more)

    def edit(self, statement):
        with sqlite3.connect(self.state / "lars.db", timeout=PATIENCE) as database:
            database.execute(statement)
        database.close()

    def becomes(self, series, value):
        done, _ = eventually(lambda: metrics(self.http).get(series) == value)
        self.assertTrue(done, f"{series} is {metrics(self.http).get(series)}, not {value}")

    def nobody_else_notices(self):
        """Another module's change arrives within a second, a module nobody asked for is served, no link was lost."""
        self.command("route", "add", 8, 1, "10.0.8.3:80")
        self.assert_within(1, self.route_becomes(self.caller_, (8, 1), self.hosts(8) + [("10.0.8.3", 80)]))
        self.command("route", "add", 1000, 1, "10.9.9.9:80")
        self.host_of(self.caller_, (1000, 1))
        now = metrics(self.http)
        for series in ('lars_agent_connections_total{server="dns"}', 'lars_agent_unreadable_messages_total{server="dns"}'):
            self.assertEqual(now[series], self.before[series], series)

    def test_a_zone_that_is_no_utf_8(self):
        self.edit(f"update RouteData set zone = cast(x'4dfc6e6368656e' as text) where modid = {BAD}")
        self.becomes("lars_dns_refused_rows", 2)
        self.nobody_else_notices()
        self.assertEqual(sorted(self.caller_.get_route(BAD, 1)), self.hosts(BAD))
        self.host_of(self.caller_, (BAD, 1))
        # Looked at again and again, told once; a reconcile does not read the module each time.
        lines = lambda what: [line for line in self.role.log().splitlines() if what in line]
        time.sleep(2.5)
        told = lines("dns.rows_refused")
        self.assertEqual(len(told), 1, told)
        self.assertIn(f"modid={BAD} ", told[0])
        reconciled = len(lines("dns.reconciled"))
        time.sleep(2.5)
        self.assertEqual(len(lines("dns.reconciled")), reconciled)
        listed = self.command("route", "list", BAD, 1)
        self.assertEqual(listed.stdout.count("M\\xfcnchen"), 2)
        self.assertIn("zone must be printable UTF-8", listed.stdout)
        self.assertIn("2 of 2 rows", listed.stderr)
        # Whoever asks a dns that never saw the good zone has the hosts all the same.
        fresh = self.start("dns", state__dir=self.dir / "fresh", storage__url=f"sqlite3://{self.state / 'lars.db'}")
        session = self.session(fresh)
        session.ask(BAD, 1)
        self.assertEqual(sorted(session.route()[1]), self.hosts(BAD))

    def test_rows_without_a_host(self):
        self.edit(f"update RouteData set serverport = 70000 where modid = {BAD} and serverip % 256 = 1")
        self.becomes("lars_dns_refused_rows", 1)
        self.route_becomes(self.caller_, (BAD, 1), self.hosts(BAD)[1:])
        self.edit(f"update RouteData set serverport = 'http' where modid = {BAD}")
        self.becomes("lars_dns_unusable_modules", 1)
        self.nobody_else_notices()
        self.assertEqual(self.caller_.get_route(BAD, 1), self.hosts(BAD)[1:])
        self.edit(f"update RouteData set serverport = 80 where modid = {BAD}")
        self.route_becomes(self.caller_, (BAD, 1), self.hosts(BAD))
        self.becomes("lars_dns_refused_rows", 0)


if __name__ == "__main__":
    unittest.main()
