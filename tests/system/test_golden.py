"""The recorded bytes of the protocol, in both directions: first through the tests' own codec, then through the program.
And the recorded trace of the policy lars, which integration_agent puts to an agent: it is what the rule makes of it.
"""

import sys
import unittest

import wire
from lars import ROOT, lars_test
from old_peers import old_dns

sys.path.insert(0, str(ROOT / "tests" / "golden"))
import lars_rule  # noqa: E402
import lars_trace  # noqa: E402

HOST = {"ip": wire.signed(0xC0A80101), "port": 7777}
MESSAGES = {
    "get_host_request": (wire.GET_HOST, "GetHostRequest", {"seq": 7, "modid": 1, "cmdid": 1}),
    "get_host_response": (wire.HOST, "GetHostResponse", {"seq": 7, "modid": 1, "cmdid": 1, "host": HOST}),
    "get_host_refused": (wire.HOST, "GetHostResponse", {"seq": 7, "modid": 1, "cmdid": 1, "retcode": 3}),
    "report_request": (wire.REPORT, "ReportRequest", {"modid": 1, "cmdid": 1, "host": HOST, "retcode": 1}),
    "get_route_request": (wire.GET_ROUTE, "GetRouteRequest", {"modid": 1, "cmdid": 1}),
    "get_route_response": (
        wire.ROUTE, "GetRouteResponse", {"modid": 1, "cmdid": 1, "host": [{"ip": 0x0A000001, "port": 80}]},
    ),
}


class codec_test(unittest.TestCase):
    def test_each_recorded_frame_is_written_and_read_by_this_codec(self):
        recorded = wire.golden()
        self.assertEqual(set(recorded), set(MESSAGES))
        for name, (message_id, message, values) in MESSAGES.items():
            with self.subTest(name):
                self.assertEqual(wire.frame(message_id, wire.encode(message, values)), recorded[name])
                read_id, body = wire.split_frame(recorded[name])
                self.assertEqual((read_id, wire.decode(message, body)), (message_id, values))

    def test_a_field_that_was_not_published_is_refused(self):
        with self.assertRaises(ValueError):
            wire.decode("HostInfo", bytes.fromhex("0801 1002 2001"))


class program_test(lars_test):
    """The same bytes against the running roles."""

    def setUp(self):
        super().setUp()
        self.recorded = wire.golden()

    def start_with(self, host):
        both = self.start("dns,agent")
        both.port("agent")
        self.lars("route", "add", "1", "1", host, state__dir=self.dir / "state")
        caller = self.caller(both)
        self.host_of(caller, (1, 1))
        return both, caller

    def raw(self, caller, data):
        caller.send(data, caller.port_of(1, 1))
        caller.socket.settimeout(2)
        return caller.socket.recv(65536)

    def test_the_agent_answers_a_recorded_request_with_the_recorded_answer(self):
        _, caller = self.start_with("192.168.1.1:7777")
        self.assertEqual(self.raw(caller, self.recorded["get_host_request"]), self.recorded["get_host_response"])

    def test_the_agent_refuses_an_unknown_module_with_the_recorded_answer(self):
        agent = self.start("agent", agent__dns="127.0.0.1:1")
        caller = self.caller(agent)
        self.assertEqual(self.raw(caller, self.recorded["get_host_request"]), self.recorded["get_host_refused"])

    def test_the_agent_takes_a_recorded_report(self):
        _, caller = self.start_with("192.168.1.1:7777")
        for _ in range(15):
            caller.send(self.recorded["report_request"], caller.port_of(1, 1))
        self.assertEqual(caller.get_host(1, 1)[0], wire.OVERLOAD)

    def test_dns_answers_a_recorded_request_with_the_recorded_answer(self):
        both, _ = self.start_with("10.0.0.1:80")
        session = self.session(both)
        session.send(self.recorded["get_route_request"])
        self.assertEqual(wire.frame(*session.receive()), self.recorded["get_route_response"])

    def test_the_agent_asks_an_old_dns_so_that_it_understands(self):
        dns = old_dns({(1, 1): [("10.0.0.1", 80)]})
        self.addCleanup(dns.close)
        agent = self.start("agent", agent__dns=f"127.0.0.1:{dns.port}")
        caller = self.caller(agent)
        self.assertEqual(self.host_of(caller, (1, 1)), ("10.0.0.1", 80))
        # What the agent adds rides behind the recorded fields, where an old dns skips it.
        asked = next(body for message_id, body in dns.received if message_id == wire.GET_ROUTE)
        self.assertTrue(asked.startswith(wire.split_frame(self.recorded["get_route_request"])[1]), asked.hex())


class trace_test(unittest.TestCase):
    def test_the_recorded_trace_is_what_the_rule_makes_of_it(self):
        recorded = (ROOT / "tests" / "golden" / "lars.trace").read_text()
        self.assertEqual(lars_trace.text().splitlines(), recorded.splitlines())

    def test_a_rule_that_probes_a_pick_too_late_makes_another_trace(self):
        recorded = lars_trace.three_hosts().lines
        self.addCleanup(lars_rule.DEFAULTS.update, probe_num=lars_rule.DEFAULTS["probe_num"])
        lars_rule.DEFAULTS["probe_num"] += 1
        self.assertNotEqual(lars_trace.three_hosts().lines, recorded)


if __name__ == "__main__":
    unittest.main()
