"""Strangers that send rubbish to every port: dropped, at most that one connection closed, everybody else served."""

import os
import random
import socket
import struct
import time
import unittest

import wire
from lars import lars_test

TOP = 0x7FFFFFFF


class hostile_test(lars_test):
    def setUp(self):
        super().setUp()
        self.both = self.start("dns,agent")
        self.both.port("agent")
        for host in ("10.0.0.1:80", "192.168.1.1:7777"):
            self.lars("route", "add", 1, 1, host, state__dir=self.dir / "state")
        self.honest = self.caller(self.both)
        self.route_becomes(self.honest, (1, 1), [("10.0.0.1", 80), ("192.168.1.1", 7777)])
        self.random = random.Random(20)

    def assert_well(self):
        self.assertTrue(self.both.alive(), self.both.log()[-2000:])
        self.assertEqual(self.honest.get_host(1, 1)[0], wire.SUCCESS)
        session = self.session(self.both)
        session.ask(1, 1)
        self.assertEqual(len(session.route()[1]), 2)

    def bodies(self):
        """Rubbish that looks like a message here and there."""
        yield b""
        yield b"\0"
        yield b"\xff" * 20
        yield b"\x08" + b"\x80" * 12
        yield b"\x1a\xff\xff\xff\xff\x0f"
        yield b"\x0b" * 300
        yield bytes.fromhex("0801 1001 1a7f 08")
        for _ in range(150):
            yield self.random.randbytes(self.random.randrange(0, 80))
        for recorded in wire.golden().values():
            for _ in range(40):
                changed = bytearray(recorded[8:])
                changed[self.random.randrange(len(changed))] = self.random.randrange(256)
                yield bytes(changed)

    def test_rubbish_on_the_udp_ports_is_dropped(self):
        stranger = self.caller(self.both)
        ports = [stranger.agent_port + offset for offset in range(3)]
        for body in self.bodies():
            for message_id in (-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 16, TOP):
                stranger.send(wire.frame(message_id, body), self.random.choice(ports))
            for length in (-1, 0, len(body) + 1, TOP):
                stranger.send(struct.pack("<ii", 4, length) + body, self.random.choice(ports))
        for size in range(0, 9):
            for port in ports:
                stranger.send(b"\4" * size, port)
        stranger.send(os.urandom(65507), ports[0])
        self.assert_well()

    def test_a_question_for_any_module_is_answered(self):
        for body, key in ((b"", (0, 0)), (wire.encode("GetHostRequest", {"modid": -1, "cmdid": -(1 << 31)}), None),
                          (wire.encode("GetHostRequest", {"modid": TOP, "cmdid": TOP}), None)):
            answer = self.honest.ask(wire.frame(wire.GET_HOST, body), self.honest.agent_port, 2,
                                     lambda message_id, data: wire.decode("GetHostResponse", data))
            self.assertEqual(answer.get("retcode"), wire.NO_SUCH_MODULE, f"{key}")
        self.assert_well()

    def test_rubbish_on_the_tcp_port_closes_at_most_its_own_connection(self):
        bystander = self.session(self.both)
        bystander.ask(1, 1)
        bystander.route()
        for body in self.bodies():
            stranger = self.session(self.both)
            try:
                stranger.send(wire.frame(self.random.choice((1, 1, 1, 2, 3, 12, 13, -5)), body))
                stranger.send(body)
            except OSError:
                pass
            stranger.close()
        bystander.ask(1, 1)
        self.assertEqual(len(bystander.route()[1]), 2)
        self.assert_well()

    def test_a_length_that_cannot_be_closes_the_connection(self):
        for length in (-1, -(1 << 31), 65528, 1 << 24, TOP):
            with self.subTest(length=length):
                stranger = self.session(self.both)
                stranger.send(struct.pack("<ii", 1, length) + b"\0" * 16)
                with self.assertRaises((ConnectionError, OSError)):
                    stranger.receive(3)
        self.assert_well()

    def test_an_empty_body_on_tcp_is_module_0_0(self):
        session = self.session(self.both)
        session.send(wire.frame(wire.GET_ROUTE))
        self.assertEqual(session.route(), ((0, 0), []))

    def test_an_unknown_message_on_tcp_is_skipped(self):
        session = self.session(self.both)
        session.send(wire.frame(77, b"whatever"))
        session.ask(1, 1)
        self.assertEqual(len(session.route()[1]), 2)

    def test_a_request_in_single_bytes_is_understood(self):
        session = self.session(self.both)
        session.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in wire.golden()["get_route_request"]:
            session.send(bytes([byte]))
            time.sleep(0.005)
        self.assertEqual(len(session.route()[1]), 2)

    def test_thousands_of_requests_in_one_write_are_all_answered(self):
        session = self.session(self.both)
        session.send(wire.golden()["get_route_request"] * 3000)
        for _ in range(3000):
            self.assertEqual(len(session.route()[1]), 2)

    def test_connections_that_say_nothing_cost_the_others_nothing(self):
        silent = [self.session(self.both) for _ in range(200)]
        half = [self.session(self.both) for _ in range(50)]
        for one in half:
            one.send(wire.golden()["get_route_request"][:9])
        self.assert_well()
        self.assertEqual(len(silent) + len(half), 250)

    def test_a_flood_of_rubbish_leaves_memory_as_it_was(self):
        stranger = self.caller(self.both)
        blobs = [self.random.randbytes(self.random.randrange(8, 200)) for _ in range(64)]
        before = self.both.memory_kb()
        for n in range(60_000):
            blob = blobs[n % 64]
            stranger.send(struct.pack("<ii", n % 9, len(blob) - 8) + blob[8:], stranger.agent_port + n % 3)
        self.assert_well()
        self.assertLess(self.both.memory_kb() - before, 20_000)


if __name__ == "__main__":
    unittest.main()
