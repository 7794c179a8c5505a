"""The main job on both databases: a caller gets a host, failures isolate it, a change in the database reaches the caller.

The callers know the published protocol alone. On MariaDB the database has the schema already in the field, upgraded by
`lars migrate`, and it is written to by hand and by the program that is there already.
"""

import sqlite3
import statistics
import time
import unittest

import wire
from http_port import metrics
from lars import eventually, lars_test, main_job_address
from mariadb import OLD_SCHEMA, mariadb
from old_peers import change_eater


class main_job:
    """Tests; mixed into a class that knows a database: `url`, `sql(statement)`."""

    def start_both(self, **more):
        dns = self.start("dns", state__dir=self.dir / "dns", storage__url=self.url, **more)
        agent = self.start_agent(dns)
        return dns, agent, self.caller(agent)

    def start_agent(self, *servers, **more):
        name = f"agent{len(self.processes)}"
        servers = ",".join(f"127.0.0.1:{dns.port('dns')}" for dns in servers)
        agent = self.start("agent", state__dir=self.dir / name, agent__dns=servers, **more)
        agent.port("agent")
        return agent

    def saves_all(self, agent):
        http = agent.port("http")
        self.assertTrue(eventually(lambda: metrics(http)["lars_agent_unsaved_routes"] == 0)[0])

    def command(self, *arguments, **more):
        return self.lars(*arguments, storage__url=self.url, **more)

    # A foreign program's ways to write ---------------------------------------------------------------------------------

    def row(self, key, host):
        ip, port = int(wire.signed(wire.host_info(*host)["ip"]) & 0xFFFFFFFF), host[1]
        return f"{key[0]}, {key[1]}, {ip}, {port}"

    def insert(self, key, host):
        self.sql(f"insert into RouteData(modid, cmdid, serverip, serverport) values ({self.row(key, host)})")

    def announce(self, key, version=None):
        version = version or int(time.time())
        self.sql(f"insert into RouteChange(modid, cmdid, version) values ({key[0]}, {key[1]}, {version})")
        self.sql(f"update RouteVersion set version = {version} where id = 1")

    def three_steps(self, key, host, version=None):
        self.insert(key, host)
        self.announce(key, version)

    def delete(self, key, host):
        ip = int(wire.host_info(*host)["ip"]) & 0xFFFFFFFF
        self.sql(f"delete from RouteData where modid = {key[0]} and cmdid = {key[1]} and serverip = {ip}"
                 f" and serverport = {host[1]}")

    # Tests ---------------------------------------------------------------------------------------------------------------

    def test_hosts_of_a_module_are_handed_out_in_turn(self):
        hosts = [main_job_address(n) for n in range(3)]
        for host in hosts:
            self.insert((1, 1), host)
        _, _, caller = self.start_both()
        self.host_of(caller, (1, 1))
        picks = [caller.get_host(1, 1)[1] for _ in range(30)]
        self.assertEqual({host: picks.count(host) for host in hosts}, {host: 10 for host in hosts})
        self.assertEqual(caller.get_route(1, 1), sorted(hosts))

    def test_every_agent_port_answers_every_module(self):
        self.insert((5, 9), ("10.0.0.1", 80))
        _, _, caller = self.start_both()
        self.host_of(caller, (5, 9))
        for offset in range(3):
            answer = caller.get_host(5, 9, port=caller.agent_port + offset)
            self.assertEqual(answer, (wire.SUCCESS, ("10.0.0.1", 80)))

    def test_a_module_without_routes_answers_no_such_module(self):
        _, _, caller = self.start_both()
        for _ in range(4):
            self.assertEqual(caller.get_host(404, 404), (wire.NO_SUCH_MODULE, None))
            time.sleep(0.05)
        self.assertEqual(caller.get_route(404, 404), [])

    def test_a_failing_host_is_isolated_and_probed_and_returns_when_it_succeeds(self):
        hosts = [main_job_address(n) for n in range(3)]
        for host in hosts:
            self.insert((1, 1), host)
        _, _, caller = self.start_both()
        self.host_of(caller, (1, 1))
        bad = hosts[1]
        self.assertEqual(self.isolate(caller, (1, 1), bad), 15)

        picks = []
        for _ in range(110):
            picks.append(caller.get_host(1, 1)[1])
            caller.report(1, 1, picks[-1], int(picks[-1] == bad))
        self.assertEqual(picks.count(bad), 10, "one pick in eleven is a probe")

        calls = 0
        recent = []
        while recent[-30:].count(bad) < 9:
            recent.append(caller.get_host(1, 1)[1])
            caller.report(1, 1, recent[-1], 0)
            calls += 1
            self.assertLess(calls, 400, "the healed host does not come back")

    def test_when_every_host_fails_callers_are_told_and_probes_go_on(self):
        self.insert((1, 1), ("10.0.0.1", 80))
        _, _, caller = self.start_both()
        host = self.host_of(caller, (1, 1))
        for _ in range(15):
            caller.report(1, 1, host, 1)
        codes = [caller.get_host(1, 1)[0] for _ in range(22)]
        self.assertEqual((codes.count(wire.OVERLOAD), codes.count(wire.SUCCESS)), (20, 2))

    def test_a_foreign_change_is_pushed_within_300_ms(self):
        self.insert((1, 1), main_job_address(0))
        _, _, caller = self.start_both()
        hosts = [main_job_address(0)]
        self.route_becomes(caller, (1, 1), hosts)
        times = []
        for n in range(1, 12):
            hosts.append(main_job_address(n))
            self.three_steps((1, 1), hosts[-1])
            times.append(self.route_becomes(caller, (1, 1), hosts))
        self.assert_within(0.3, statistics.median(times))

    def test_our_own_change_is_pushed_within_300_ms(self):
        self.insert((1, 1), main_job_address(0))
        _, _, caller = self.start_both()
        hosts = [main_job_address(0)]
        self.route_becomes(caller, (1, 1), hosts)
        times = []
        for n in range(1, 8):
            hosts.append(main_job_address(n))
            self.command("route", "add", 1, 1, f"{hosts[-1][0]}:{hosts[-1][1]}")
            times.append(self.route_becomes(caller, (1, 1), hosts))
        self.assert_within(0.3, statistics.median(times))
        self.command("route", "remove", 1, 1, f"{hosts[0][0]}:{hosts[0][1]}")
        self.route_becomes(caller, (1, 1), hosts[1:])

    def test_two_changes_in_one_second_both_arrive(self):
        for key in ((1, 1), (2, 2)):
            self.insert(key, ("10.0.0.1", 80))
        _, _, caller = self.start_both()
        for key in ((1, 1), (2, 2)):
            self.route_becomes(caller, key, [("10.0.0.1", 80)])
        now = int(time.time())
        self.three_steps((1, 1), ("10.0.0.2", 80), now)
        self.route_becomes(caller, (1, 1), [("10.0.0.1", 80), ("10.0.0.2", 80)])
        self.three_steps((2, 2), ("10.0.0.2", 80), now)
        self.route_becomes(caller, (2, 2), [("10.0.0.1", 80), ("10.0.0.2", 80)])

    def test_a_version_that_moves_backwards_is_a_change_like_any_other(self):
        self.insert((1, 1), ("10.0.0.1", 80))
        self.sql("update RouteVersion set version = 2000000000 where id = 1")
        _, _, caller = self.start_both()
        self.route_becomes(caller, (1, 1), [("10.0.0.1", 80)])
        self.three_steps((1, 1), ("10.0.0.2", 80), 1600000000)
        self.route_becomes(caller, (1, 1), [("10.0.0.1", 80), ("10.0.0.2", 80)])

    def test_deletes_and_hand_edits_arrive_within_ten_seconds(self):
        for key in ((1, 1), (2, 2), (3, 3)):
            self.insert(key, ("10.0.0.1", 80))
        self.insert((1, 1), ("10.0.0.2", 80))
        _, _, caller = self.start_both()
        self.route_becomes(caller, (1, 1), [("10.0.0.1", 80), ("10.0.0.2", 80)])
        for key in ((2, 2), (3, 3)):
            self.route_becomes(caller, key, [("10.0.0.1", 80)])
        start = time.monotonic()
        self.delete((1, 1), ("10.0.0.1", 80))
        self.sql("update RouteData set serverport = 81 where modid = 2")
        self.delete((3, 3), ("10.0.0.1", 80))
        self.route_becomes(caller, (1, 1), [("10.0.0.2", 80)])
        self.route_becomes(caller, (2, 2), [("10.0.0.1", 81)])
        self.route_becomes(caller, (3, 3), [])
        self.assert_within(10, time.monotonic() - start)
        self.assertEqual(caller.get_host(3, 3)[0], wire.NO_SUCH_MODULE)
        self.assertEqual({caller.get_host(1, 1)[1] for _ in range(20)}, {("10.0.0.2", 80)})

    def test_several_dns_see_every_change_beside_one_that_eats_change_rows(self):
        hosts = [main_job_address(0)]
        self.insert((1, 1), hosts[0])
        servers = [self.start("dns", state__dir=self.dir / f"dns{n}", storage__url=self.url) for n in range(3)]
        callers = [self.caller(self.start_agent(dns)) for dns in servers]
        for caller in callers:
            self.route_becomes(caller, (1, 1), hosts)
        eater = change_eater(self.version, self.eat)
        self.addCleanup(eater.close)
        for n in range(1, 9):
            hosts.append(main_job_address(n))
            self.three_steps((1, 1), hosts[-1])
            for caller in callers:
                self.route_becomes(caller, (1, 1), hosts)
            time.sleep(0.25)
        eater.close()
        self.assertGreater(eater.eaten, 0)

    def test_a_killed_dns_is_left_for_another_and_the_change_still_arrives(self):
        self.insert((1, 1), ("10.0.0.1", 80))
        servers = [self.start("dns", state__dir=self.dir / f"dns{n}", storage__url=self.url) for n in range(2)]
        caller = self.caller(self.start_agent(*servers))
        hosts = [("10.0.0.1", 80)]
        self.route_becomes(caller, (1, 1), hosts)
        for n, dead in enumerate(servers):
            dead.kill()
            self.assertEqual(caller.get_host(1, 1)[0], wire.SUCCESS)
            if n == 0:
                hosts.append(("10.0.0.2", 80))
                self.three_steps((1, 1), hosts[-1])
                self.route_becomes(caller, (1, 1), hosts)
        # Every dns is gone: routes stay as last known.
        self.assertEqual(caller.get_route(1, 1), hosts)

    def test_an_agent_restarted_while_every_dns_is_down_serves_at_once(self):
        self.insert((1, 1), ("10.0.0.1", 80))
        self.insert((1, 2), ("10.0.0.2", 80))
        dns = self.start("dns", state__dir=self.dir / "dns", storage__url=self.url)
        where = f"127.0.0.1:{dns.port('dns')}"
        agent = self.start("agent", state__dir=self.dir / "agent", agent__dns=where)
        caller = self.caller(agent)
        self.host_of(caller, (1, 1))
        self.host_of(caller, (1, 2))
        self.saves_all(agent)
        dns.kill()
        agent.kill()
        again = self.caller(self.start("agent", state__dir=self.dir / "agent", agent__dns=where))
        self.assertEqual(again.get_host(1, 1), (wire.SUCCESS, ("10.0.0.1", 80)))
        self.assertEqual(again.get_host(1, 2), (wire.SUCCESS, ("10.0.0.2", 80)))

    def test_a_removed_host_is_gone_and_a_host_added_again_is_fresh(self):
        hosts = [("10.0.0.1", 80), ("10.0.0.2", 80)]
        for host in hosts:
            self.insert((1, 1), host)
        _, _, caller = self.start_both()
        self.route_becomes(caller, (1, 1), hosts)
        self.isolate(caller, (1, 1), hosts[0])
        self.command("route", "remove", 1, 1, "10.0.0.1:80")
        self.route_becomes(caller, (1, 1), hosts[1:])
        self.assertEqual({caller.get_host(1, 1)[1] for _ in range(40)}, {hosts[1]})
        self.command("route", "add", 1, 1, "10.0.0.1:80")
        self.route_becomes(caller, (1, 1), hosts)
        picks = [caller.get_host(1, 1)[1] for _ in range(20)]
        self.assertEqual(picks.count(hosts[0]), 10, "its old verdict is forgotten")

    def test_hosts_that_take_no_calls_are_handed_to_nobody(self):
        hosts = [main_job_address(n) for n in range(3)]
        for host in hosts:
            self.insert((1, 1), host)
        dns, _, caller = self.start_both()
        self.route_becomes(caller, (1, 1), hosts)
        named = [f"{ip}:{port}" for ip, port in hosts]
        self.command("route", "set", 1, 1, named[0], "--weight", 0)
        self.command("route", "set", 1, 1, named[1], "--state", "drain")
        eventually(lambda: {caller.get_host(1, 1)[1] for _ in range(12)} == {hosts[2]})
        self.assertEqual({caller.get_host(1, 1)[1] for _ in range(30)}, {hosts[2]})
        old_agent = self.session(dns)
        old_agent.ask(1, 1)
        self.assertEqual(old_agent.route(), ((1, 1), [hosts[2]]), "old agents are not told of them")


class sqlite_test(main_job, lars_test):
    def setUp(self):
        super().setUp()
        self.url = f"sqlite3://{self.dir / 'routes.db'}"
        self.lars("migrate", storage__url=self.url)

    def sql(self, statement):
        with sqlite3.connect(self.dir / "routes.db", timeout=10) as database:
            changed = database.execute(statement).rowcount
        database.close()
        return changed

    def version(self):
        with sqlite3.connect(self.dir / "routes.db", timeout=10) as database:
            found = database.execute("select version from RouteVersion where id = 1").fetchone()[0]
        database.close()
        return found

    def eat(self, version):
        return self.sql(f"delete from RouteChange where version <= {version}")


class mariadb_test(main_job, lars_test):
    """The schema already in the field, upgraded in place."""

    @classmethod
    def setUpClass(cls):
        cls.server = mariadb()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        super().setUp()
        self.url = self.server.create("lars_dns", OLD_SCHEMA)
        self.lars("migrate", storage__url=self.url)

    def sql(self, statement):
        return self.server.sql(statement, "lars_dns")

    def version(self):
        return int(self.sql("select version from RouteVersion where id = 1")[0][0])

    def eat(self, version):
        return int(self.sql(f"delete from RouteChange where version <= {version}; select row_count()")[0][0])

    def test_a_database_that_nobody_upgraded_yet_is_served_too(self):
        self.url = self.server.create("lars_dns", OLD_SCHEMA)
        self.insert((1, 1), ("10.0.0.1", 80))
        _, _, caller = self.start_both()
        self.route_becomes(caller, (1, 1), [("10.0.0.1", 80)])
        self.three_steps((1, 1), ("192.168.0.2", 80))
        self.route_becomes(caller, (1, 1), [("10.0.0.1", 80), ("192.168.0.2", 80)])
        columns = [row[0] for row in self.sql("show columns from RouteData")]
        self.assertNotIn("weight", columns, "a role upgrades no database that is in use")

    def test_an_upgraded_database_keeps_its_rows_and_what_old_programs_read(self):
        self.url = self.server.create("lars_dns", OLD_SCHEMA)
        self.insert((1, 1), ("192.168.1.1", 7777))
        self.sql("insert into ServerCallStatus values (1, 1, 1, 1, 1, 5, 6, 7, '1')")
        self.command("migrate")
        self.assertEqual(self.sql("select modid, cmdid, serverip, serverport from RouteData"),
                         [["1", "1", "3232235777", "7777"]])
        self.assertEqual(self.sql("select overload from ServerCallStatus"), [["1"]])
        self.command("migrate")
        listed = self.command("route", "list", "--format", "csv").stdout.splitlines()
        self.assertEqual(listed, ["modid,cmdid,ip,port,weight,zone,state", "1,1,192.168.1.1,7777,100,,up"])


if __name__ == "__main__":
    unittest.main()
