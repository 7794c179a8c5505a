"""Subsets: each agent uses so many hosts of a module as its settings say, chosen by its own id and kept over restarts."""

import json
import re
import unittest

import wire
from http_port import metrics
from lars import PATIENCE, eventually, lars_test

KEY = (1, 1)
ALL = [(f"10.0.0.{n}", 80) for n in range(1, 31)]
SIZE = 6


class subset_test(lars_test):
    """A dns on SQLite, a module of thirty hosts, and agents with state directories of their own."""

    def setUp(self):
        super().setUp()
        self.state = self.dir / "dns"
        self.dns = self.start("dns", state__dir=self.state)
        self.dns.port("dns")  # its database is there from now on
        rows = "".join(f"{KEY[0]},{KEY[1]},{ip},{port}\n" for ip, port in ALL)
        self.command("route", "import", "-", input="modid,cmdid,ip,port\n" + rows)
        self.command("module", "set", *KEY, "--subset", SIZE)
        self.agents = {name: self.start_agent(name) for name in ("one", "two", "three")}

    def command(self, *arguments, **more):
        return self.lars(*arguments, state__dir=self.state, **more)

    def start_agent(self, name):
        return self.start("agent", agent__dns=f"127.0.0.1:{self.dns.port('dns')}", agent__reporter="",
                          state__dir=self.dir / name)

    def used(self, agent, count=SIZE, but=None, timeout=PATIENCE):
        """The hosts that the agent hands out once there are `count` of them, and they are others than `but`."""
        caller, seen = self.caller(agent), []

        def probe():
            seen[:] = caller.get_route(*KEY)
            return len(seen) == count and seen != but

        self.host_of(caller, KEY)
        self.assertTrue(eventually(probe, timeout)[0], f"the agent uses {seen}")
        return list(seen)

    def all_used(self, **more):
        return {name: self.used(agent, **more) for name, agent in self.agents.items()}

    def explained(self, agent):
        return json.loads(self.lars("explain", *KEY, "--format", "json", http__port=agent.port("http")).stdout)

    def test_each_agent_picks_from_its_own_hosts_alone(self):
        used = self.all_used()
        self.assertEqual(len(set(map(tuple, used.values()))), 3, used)
        for name, agent in self.agents.items():
            caller = self.caller(agent)
            picked = set()
            for _ in range(20 * SIZE):
                code, host = caller.get_host(*KEY)
                self.assertEqual(code, wire.SUCCESS)
                picked.add(host)
            self.assertEqual(sorted(picked), used[name])
            self.assertEqual(metrics(agent.port("http"))["lars_agent_hosts"], SIZE)
            self.assertEqual(metrics(agent.port("http"))["lars_agent_unused_hosts"], len(ALL) - SIZE)

    def test_explain_tells_of_how_many_hosts(self):
        agent = self.agents["one"]
        used = self.used(agent)
        told = self.explained(agent)
        self.assertEqual((told["members"], told["subset_size"], told["route_hosts"]), (SIZE, SIZE, len(ALL)))
        self.assertEqual(sorted((host["ip"], host["port"]) for host in told["hosts"]), used)
        text = self.lars("explain", *KEY, http__port=agent.port("http")).stdout
        self.assertEqual(text.splitlines()[2], "subset 6: this agent uses 6 of the module's 30 hosts")
        self.command("route", "set", *KEY, f"{used[0][0]}:80", "--state", "drain")
        self.used(agent, but=used)
        text = self.lars("explain", *KEY, http__port=agent.port("http")).stdout
        self.assertRegex(text, r"(?m)^subset 6: this agent uses 7 of the module's 30 hosts, 1 of which get no calls$")
        shown = json.loads(self.command("module", "show", *KEY, "--format", "json").stdout)
        self.assertIn(("subset", "6", "set"), [(row["name"], row["value"], row["origin"]) for row in shown])
        self.command("module", "set", *KEY, "--subset", 0)
        self.used(agent, len(ALL) - 1)
        self.assertNotIn("subset", self.lars("explain", *KEY, http__port=agent.port("http")).stdout)

    def test_a_host_that_goes_drains_or_comes_back_replaces_one(self):
        before = self.all_used()
        gone = before["one"][0]
        changes = [("route", "remove", *KEY, f"{gone[0]}:80"), ("route", "add", *KEY, f"{gone[0]}:80"),
                   ("route", "set", *KEY, f"{gone[0]}:80", "--state", "drain"),
                   ("route", "set", *KEY, f"{gone[0]}:80", "--state", "up")]
        for change in changes:
            self.command(*change)
            after = {"one": self.used(self.agents["one"], but=before["one"])}
            for name in "two", "three":
                after[name] = self.used(self.agents[name], but=before[name] if gone in before[name] else None)
            for name in self.agents:
                lost, won = set(before[name]) - set(after[name]), set(after[name]) - set(before[name])
                self.assertLessEqual(max(len(lost), len(won)), 1, (change, name, before, after))
            before = after

    def test_a_restarted_agent_keeps_its_hosts(self):
        used = self.all_used()
        self.agents["one"].terminate()
        self.agents["two"].kill()
        self.dns.kill()
        for name in "one", "two":
            self.agents[name] = self.start_agent_alone(name)
            self.assertEqual(self.used(self.agents[name]), used[name])

    def start_agent_alone(self, name):
        return self.start("agent", agent__dns="127.0.0.1:1", agent__reporter="", state__dir=self.dir / name)

    def test_a_size_that_changes_needs_no_restart(self):
        agent = self.agents["one"]
        used = set(self.used(agent))
        self.command("module", "set", *KEY, "--subset", 2 * SIZE)
        larger = set(self.used(agent, 2 * SIZE))
        self.assertLess(used, larger)
        self.command("module", "unset", *KEY)
        self.assertEqual(self.used(agent, len(ALL)), sorted(ALL))
        self.command("module", "set", *KEY, "--subset", SIZE)
        self.assertEqual(set(self.used(agent)), used)

    def test_a_removed_id_is_made_anew_and_a_damaged_one_kept_for_a_person(self):
        used = self.used(self.agents["one"])
        path = self.dir / "one" / "agent.id"
        self.assertRegex(path.read_text(), re.compile(r"\A[0-9a-f]{32}\n\Z"))
        self.agents["one"].terminate()
        path.write_text("nonsense")
        again = self.start_agent("one")
        self.assertNotEqual(self.used(again), used)
        self.assertIn("agent.id_damaged", again.log())
        self.assertEqual((self.dir / "one" / "agent.id.damaged").read_text(), "nonsense")
        again.terminate()
        path.unlink()
        self.assertEqual(len(self.used(self.start_agent("one"))), SIZE)


if __name__ == "__main__":
    unittest.main()
