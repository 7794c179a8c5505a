"""Settings of modules: from the command through the database and dns to an agent that obeys them, without a restart."""

import json
import signal
import sqlite3
import statistics
import unittest

import wire
from http_port import metrics
from lars import PATIENCE, eventually, lars_test
from mariadb import OLD_SCHEMA, mariadb

KEY = (1, 1)
HOST = ("10.0.0.1", 80)


class settings_test(lars_test):
    """A dns and an agent, each a process of its own."""

    def setUp(self):
        super().setUp()
        self.state = self.dir / "dns"
        self.dns = self.start("dns", state__dir=self.state)
        self.agent_file = self.dir / "agent.conf"
        self.agent = self.start_agent()
        self.command("route", "add", *KEY, "10.0.0.1:80")
        self.caller_ = self.caller(self.agent)
        self.route_becomes(self.caller_, KEY, [HOST])

    def start_agent(self, **loadbalance):
        lines = ["[agent]", "port = 0", f"dns = 127.0.0.1:{self.dns.port('dns')}", "reporter =", "[http]", "port = 0",
                 "[state]", f"dir = {self.dir / 'agent'}", "[loadbalance]"]
        lines += [f"{name} = {value}" for name, value in loadbalance.items()]
        self.agent_file.write_text("\n".join(lines) + "\n")
        return self.start("agent", config=self.agent_file)

    def command(self, *arguments, **more):
        return self.lars(*arguments, state__dir=self.state, **more)

    def becomes(self, role, series, value):
        probe = lambda: metrics(role.port("http")).get(series) == value
        done, passed = eventually(probe)
        self.assertTrue(done, f"{series} is {metrics(role.port('http')).get(series)}, not {value}")
        return passed

    def failures_until_out(self):
        """Failures in a row until the agent says that every host is overloaded."""
        for failures in range(100):
            code, host = self.caller_.get_host(*KEY)
            if code == wire.OVERLOAD:
                return failures
            self.caller_.report(*KEY, host, 1)
        self.fail("never out")

    def edit(self, statement, *values):
        with sqlite3.connect(self.state / "lars.db", timeout=PATIENCE) as database:
            database.execute(statement, values)

    def test_settings_arrive_within_a_second_and_go_again(self):
        self.becomes(self.agent, "lars_agent_module_settings", 0)
        self.command("module", "set", *KEY, "--policy", "p2c", "tau=5s", "--health", "contin_err_limit=3")
        took = [self.becomes(self.agent, "lars_agent_module_settings", 1)]
        self.becomes(self.dns, "lars_dns_module_settings", 1)
        self.assertEqual(self.failures_until_out(), 3)
        for _ in range(2):
            self.command("module", "unset", *KEY)
            took.append(self.becomes(self.agent, "lars_agent_module_settings", 0))
            self.command("module", "set", *KEY, "--policy", "rr")
            took.append(self.becomes(self.agent, "lars_agent_module_settings", 1))
        self.assert_within(1, statistics.median(took))

    def test_over_udp_an_excluded_host_gets_no_call(self):
        second = ("10.0.0.2", 80)
        self.command("route", "add", *KEY, "10.0.0.2:80")
        self.route_becomes(self.caller_, KEY, [HOST, second])
        plain = wire.encode("GetHostRequest", {"seq": 1, "modid": KEY[0], "cmdid": KEY[1]})

        def ask(body):
            return self.caller_.ask(wire.frame(wire.GET_HOST, body), self.caller_.port_of(*KEY), PATIENCE, lambda _, body: body)

        features = wire.varint(15 << 3) + wire.varint(1)
        for unwanted in HOST, second:
            info = wire.encode("HostInfo", wire.host_info(*unwanted))
            exclude = wire.varint(5 << 3 | 2) + wire.varint(len(info)) + info
            self.assertFalse([body for body in (ask(plain + exclude + features) for _ in range(200)) if info in body])
            self.assertTrue([body for body in (ask(plain + exclude) for _ in range(100)) if info in body])

    def test_settings_keep_what_was_counted(self):
        for _ in range(4):
            self.caller_.report(*KEY, self.caller_.get_host(*KEY)[1], 1)
        self.command("module", "set", *KEY, "--health", "contin_err_limit=5")
        self.becomes(self.agent, "lars_agent_module_settings", 1)
        self.assertEqual(self.failures_until_out(), 1)

    def test_a_hand_that_edits_the_database_is_followed_or_refused(self):
        self.edit("insert into ModuleSettings values (1, 1, ?, 1)", json.dumps({"policy": "rr"}))
        self.assert_within(10, self.becomes(self.agent, "lars_agent_module_settings", 1))
        self.edit("update ModuleSettings set settings = ?", json.dumps({"policy": "fastest"}))
        self.becomes(self.dns, "lars_dns_refused_settings", 1)
        self.assertEqual(metrics(self.agent.port("http"))["lars_agent_module_settings"], 1)
        told = [line for line in self.dns.log().splitlines() if "dns.settings_refused" in line]
        self.assertEqual(len(told), 1)
        self.assertIn("modid=1 cmdid=1", told[0])
        self.assertIn("policy is 'fastest', allowed: ", told[0])
        self.edit("delete from ModuleSettings")
        self.becomes(self.agent, "lars_agent_module_settings", 0)

    def test_a_restarted_agent_obeys_what_it_saved_while_dns_is_away(self):
        self.command("module", "set", *KEY, "--health", "contin_err_limit=4")
        self.becomes(self.agent, "lars_agent_module_settings", 1)
        self.agent.terminate()
        self.dns.kill()
        again = self.start_agent()
        self.caller_ = self.caller(again)
        self.assertEqual(metrics(again.port("http"))["lars_agent_module_settings"], 1)
        self.assertEqual(self.failures_until_out(), 4)

    def test_a_restarted_agent_knows_the_zones_it_saved_while_dns_is_away(self):
        def zones(agent):
            told = self.lars("explain", *KEY, "--format", "json", http__port=agent.port("http"), code=None)
            return [host["zone"] for host in json.loads(told.stdout)["hosts"]] if told.returncode == 0 else None

        self.command("route", "set", *KEY, "10.0.0.1:80", "--zone", 'eu "1"')
        self.assertTrue(eventually(lambda: zones(self.agent) == ['eu "1"'])[0])
        self.agent.terminate()
        self.dns.kill()
        self.assertEqual(zones(self.start_agent()), ['eu "1"'])

    def test_settings_stay_on_top_of_a_configuration_that_is_reloaded(self):
        self.command("module", "set", *KEY, "--health", "err_rate=1", "window_err_rate=1")
        self.becomes(self.agent, "lars_agent_module_settings", 1)
        text = self.agent_file.read_text()
        self.agent_file.write_text(text + "contin_err_limit = 6\n")
        self.agent.signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: "app.reloaded" in self.agent.log())[0])
        self.assertEqual(self.failures_until_out(), 6)


class mariadb_test(lars_test):
    @classmethod
    def setUpClass(cls):
        cls.server = mariadb()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        super().setUp()
        self.url = self.server.create("lars_dns", OLD_SCHEMA)

    def test_an_old_database_has_no_settings_until_it_is_migrated(self):
        url = self.url
        self.server.sql("insert into RouteData (modid, cmdid, serverip, serverport) values (1, 1, 167772161, 80)",
                        "lars_dns")
        dns = self.start("dns", storage__url=url, dns__reconcile_interval_s=1, state__dir=self.dir / "dns")
        agent = self.start("agent", agent__dns=f"127.0.0.1:{dns.port('dns')}", agent__reporter="")
        self.route_becomes(self.caller(agent), KEY, [HOST])
        self.lars("module", "set", *KEY, "--policy", "rr", code=78, storage__url=url)
        self.lars("migrate", storage__url=url)
        self.lars("module", "set", *KEY, "--policy", "rr", storage__url=url)
        arrived = lambda: metrics(agent.port("http"))["lars_agent_module_settings"] == 1
        self.assertTrue(eventually(arrived)[0])
        rows = json.loads(self.lars("module", "list", "--format", "json", storage__url=url).stdout)
        self.assertEqual([(row["modid"], row["policy"], row["parameter"], row["refused"]) for row in rows],
                         [(1, "rr", {}, None)])


if __name__ == "__main__":
    unittest.main()
