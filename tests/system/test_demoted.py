"""A database that is not any more the one that takes writes: left within 15 s, and said to be lost until then."""

import time
import unittest

from http_port import metrics
from lars import eventually, lars_test
from mariadb import mariadb
from tcp_proxy import tcp_proxy

KEY = (1, 1)
OLD, NEW = ("10.0.0.1", 80), ("10.0.0.2", 80)


class demoted_test(lars_test):
    """Two databases behind one address, each with a route of its own, and a dns that reads through it."""

    @classmethod
    def setUpClass(cls):
        cls.servers = [mariadb(), mariadb()]
        for server in cls.servers:
            cls.addClassCleanup(server.stop)

    def setUp(self):
        super().setUp()
        for server, host in zip(self.servers, (OLD, NEW)):
            server.sql("SET GLOBAL read_only = 0")
            url = server.create("lars_dns")
            self.lars("migrate", storage__url=url)
            self.lars("route", "add", *KEY, f"{host[0]}:{host[1]}", storage__url=url)
        self.proxy = tcp_proxy(self.servers[0].port)
        self.addCleanup(self.proxy.close)
        through = self.servers[0].url("lars_dns").replace(str(self.servers[0].port), str(self.proxy.port))
        self.dns = self.start("dns", storage__url=through)
        self.http = self.dns.port("http")
        self.assertEqual(self.served(), [OLD])

    def storage_up(self):
        return metrics(self.http)["lars_dns_storage_up"] == 1

    def served(self):
        session = self.session(self.dns)
        session.ask(*KEY)
        return session.route()[1]

    def test_the_address_leads_to_another_server(self):
        self.servers[0].sql("SET GLOBAL read_only = 1")
        self.proxy.target = self.servers[1].port
        done, seconds = eventually(lambda: self.served() == [NEW], interval=0.05)
        self.assertTrue(done, "dns still serves the routes of the demoted database")
        self.assert_within(15, seconds)
        self.assertTrue(eventually(self.storage_up)[0])

    def test_the_address_still_leads_to_the_demoted_server(self):
        self.servers[0].sql("SET GLOBAL read_only = 1")
        lost, seconds = eventually(lambda: not self.storage_up(), interval=0.05)
        self.assertTrue(lost, "a database that became read-only counts as well")
        self.assert_within(15, seconds)
        self.assertIn("dns.storage_lost", self.dns.log())
        self.assertEqual(self.served(), [OLD], "callers keep what was known")
        time.sleep(1)
        self.assertFalse(self.storage_up())
        self.proxy.target = self.servers[1].port
        self.assertTrue(eventually(lambda: self.served() == [NEW], interval=0.05)[0])
        self.assertTrue(eventually(self.storage_up)[0])


if __name__ == "__main__":
    unittest.main()
