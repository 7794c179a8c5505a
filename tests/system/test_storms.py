"""Floods of connections and datagrams: their cost, and their effect on well-behaved callers and agents. Each test prints
its figures."""

import resource
import socket
import struct
import sys
import threading
import time
import unittest

import load
import wire
from http_port import get, metrics
from lars import PATIENCE, eventually, lars_test

SECONDS = 3


class storm_test(lars_test):
    """Every role in one process, a module, and well-behaved peers that must not suffer."""

    def setUp(self):
        super().setUp()
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limit)
        self.open = []
        self.addCleanup(lambda: [one.close() for one in self.open])

    def serve(self, roles="all", **settings):
        self.role = self.start(roles, **settings)
        self.http = self.role.port("http")
        self.lars("route", "add", 1, 1, "10.0.0.1:80", state__dir=self.dir / "state")
        if roles == "all":
            self.host_of(self.caller(self.role), (1, 1))
        else:
            self.assertTrue(eventually(lambda: metrics(self.http)["lars_dns_hosts"] == 1)[0])

    def connect(self, port, count, data=b"", receive_buffer=None):
        """Opens connections that send `data` and nothing more. Those that the server closes meanwhile count too."""
        for _ in range(count):
            one = socket.socket()
            if receive_buffer:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            one.settimeout(PATIENCE)
            one.connect(("127.0.0.1", port))
            if data:
                one.send(data)
            self.open.append(one)

    def agent_is_served(self, within=1.0):
        """A new agent connects and asks; returns the milliseconds it took."""
        began = time.monotonic()
        session = self.session(self.role)
        session.ask(1, 1)
        self.assertEqual(len(session.route()[1]), 1)
        passed = time.monotonic() - began
        self.assert_within(within, passed)
        return round(passed * 1000, 2)

    def honest_during(self, storm):
        """Runs storm() while a well-behaved caller asks; returns the caller's figures."""
        honest = load.start("ask", self.role.port("agent"), SECONDS)
        storm()
        return load.result(honest)

    def tell(self, what, **figures):
        print(f"\nstorm: {what}: " + " ".join(f"{name}={value}" for name, value in figures.items()), file=sys.stderr)

    def assert_calm(self, seen):
        self.assertTrue(self.role.alive(), self.role.log()[-2000:])
        self.assertEqual(seen["lost"], 0, seen)
        self.assertGreater(seen["asked"], 100)

    def test_ten_thousand_connections_that_say_nothing(self):
        count = min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 1_000)
        self.serve(dns__max_connections=count + 50, reporter__max_connections=100)
        before = self.role.memory_kb()
        seen = self.honest_during(lambda: self.connect(self.role.port("dns"), count))
        self.assert_calm(seen)
        self.assertTrue(eventually(lambda: metrics(self.http)['lars_connections{port="dns"}'] >= count)[0])
        grown = self.role.memory_kb() - before
        self.assertLess(grown, 10 * count, "kB")
        self.tell("silent connections", count=count, kb_each=round(grown / count, 2), agent_ms=self.agent_is_served(), **seen)
        self.assertEqual(get(self.http, "/readyz")[0], 200)

    def test_more_connections_than_may_be(self):
        self.serve(dns__max_connections=500)
        self.connect(self.role.port("dns"), 1_500)
        self.assertTrue(eventually(lambda: metrics(self.http)['lars_connections_refused_total{port="dns"}'] > 0)[0])
        time.sleep(1.1)
        agents = [self.agent_is_served() for _ in range(20)]
        now = metrics(self.http)
        self.assertGreaterEqual(now['lars_connections_evicted_total{port="dns"}'], 20)
        self.assertLessEqual(now['lars_connections{port="dns"}'], 501)
        self.assertLess(self.role.log().count("net.connection_refused"), 100)  # a thousand of them are no thousand lines
        self.tell("three times as many as may be", agents=20, slowest_agent_ms=max(agents))

    def test_more_connections_than_descriptors(self):
        self.serve("dns", dns__max_connections=5_000)
        used = int(metrics(self.http)["lars_process_open_fds"])
        resource.prlimit(self.role.process.pid, resource.RLIMIT_NOFILE, (used + 100, used + 100))
        self.connect(self.role.port("dns"), 400)  # the kernel takes them into its queue
        self.assertTrue(eventually(lambda: self.role.log().count("net.accept_failed") == 1)[0], self.role.log()[-500:])
        time.sleep(1.2)
        agents = [self.agent_is_served(within=5) for _ in range(10)]
        self.assertLess(self.role.log().count("net.accept_failed"), 5)
        self.tell("more than descriptors", agents=10, slowest_agent_ms=max(agents))
        for one in self.open:
            one.close()
        self.assertTrue(eventually(lambda: metrics(self.http)['lars_accept_failures_total{port="dns"}'] > 0)[0])

    def test_a_limit_above_the_descriptors_is_lowered_at_the_start(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        self.serve("dns", dns__max_connections=1_000_000)
        self.assertIn("app.max_connections_lowered", self.role.log())

    def test_half_a_message_and_silence(self):
        self.serve()
        half = wire.golden()["get_route_request"][:9]
        long = struct.pack("<ii", 3, 60_000) + b"x" * 100
        began = time.monotonic()
        self.connect(self.role.port("dns"), 300, half)
        self.connect(self.role.port("reporter"), 300, long)
        seen = self.honest_during(lambda: None)
        self.assert_calm(seen)
        for role in ("dns", "reporter"):
            series = f'lars_connections_dropped_total{{port="{role}",reason="timeout"}}'
            self.assertTrue(eventually(lambda: metrics(self.http)[series] == 300, interval=0.1)[0], metrics(self.http)[series])
        self.tell("half a message", count=600, closed_after_s=round(time.monotonic() - began, 1), **seen)

    def test_readers_that_never_read(self):
        self.serve(dns__answers_mb=16)
        rows = "".join(f"2,2,10.{n >> 16}.{n >> 8 & 255}.{n & 255},80\n" for n in range(3_000))
        (self.dir / "routes.csv").write_text("modid,cmdid,ip,port\n" + rows)
        self.lars("route", "import", self.dir / "routes.csv", state__dir=self.dir / "state")
        self.assertTrue(eventually(lambda: metrics(self.http)["lars_dns_hosts"] == 3_001)[0])
        before = self.role.memory_kb()
        ask = wire.frame(wire.GET_ROUTE, wire.encode("GetRouteRequest", {"modid": 2, "cmdid": 2}))
        seen = self.honest_during(lambda: self.connect(self.role.port("dns"), 200, ask * 1_000, 4_096))
        self.assert_calm(seen)
        # Asked for: 200 times 50 MB. Each holds one batch and its questions at most.
        grown = self.role.memory_kb() - before
        self.assertLess(grown, 16 * 1024 + 200 * 512)
        self.agent_is_served()
        series = 'lars_connections_dropped_total{port="dns",reason="timeout"}'
        done, passed = eventually(lambda: metrics(self.http)[series] == 200, interval=0.1)
        self.assertTrue(done, metrics(self.http)[series])
        self.tell("readers that never read", count=200, grown_mb=grown // 1024, gone_after_s=round(passed + SECONDS, 1), **seen)

    def test_a_flood_of_datagrams(self):
        self.serve()
        before = self.role.memory_kb()
        calm = load.result(load.start("ask", self.role.port("agent"), SECONDS))
        flood = load.start("flood", self.role.port("agent"), SECONDS)
        seen = self.honest_during(lambda: None)
        sent = load.result(flood)["sent"]
        self.assertTrue(self.role.alive())
        self.assertLess(seen["lost"], 1 + seen["asked"] // 100, seen)  # datagrams may be lost where the queue is full
        self.assertLess(self.role.memory_kb() - before, 32_000)
        now = metrics(self.http)
        for reason in ("size", "id", "body"):
            self.assertGreater(now[f'lars_agent_dropped_datagrams_total{{reason="{reason}"}}'], 0)
        self.tell("flood of datagrams", sent=sent, calm_p99_ms=calm["p99_ms"], **seen)

    def test_rubbish_on_every_tcp_port(self):
        self.serve()
        nested = b"\x0b" * 20_000 + b"\x0c" * 20_000  # groups within groups
        huge = b"\x22" + wire.varint(1 << 40) + b"x" * 50
        bodies = [b"\xff" * 64, nested, huge, b"\x22\x02\x08", b"\x08" + b"\xff" * 11, b""]
        frames = [wire.frame(number, body) for number in (1, 2, 3, 9, 12, 13, -7) for body in bodies]
        frames += [struct.pack("<ii", number, length) + b"y" * 40 for number in (1, 3, 12)
                   for length in (-1, -(1 << 31), 65_528, 1 << 24, (1 << 31) - 1)]
        frames += [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"\0" * 4_000, bytes(range(256)) * 16]

        def storm():
            for _ in range(4):
                for frame in frames:
                    for role in ("dns", "reporter", "http"):
                        try:
                            self.connect(self.role.port(role), 1, frame)
                        except OSError:
                            pass

        seen = self.honest_during(storm)
        self.assert_calm(seen)
        now = metrics(self.http)
        dropped = [now[f'lars_connections_dropped_total{{port="{role}",reason="bad_message"}}'] for role in ("dns", "reporter")]
        self.assertGreater(min(dropped), 20)
        self.assertGreater(now['lars_http_refused_total{reason="malformed"}'], 20)
        self.agent_is_served()
        # The library that reads messages has told nothing past our log.
        self.assertEqual([line for line in self.role.log().splitlines() if not line.startswith("20")], [])
        self.tell("rubbish on TCP", connections=len(self.open), **seen)

    def test_subscriptions_beyond_the_limit_while_their_module_changes(self):
        self.serve("dns", dns__max_subscriptions=1_000, dns__poll_interval_ms=10)
        ask = lambda modid, cmdid: wire.frame(wire.GET_ROUTE, wire.encode("GetRouteRequest", {"modid": modid, "cmdid": cmdid}))
        storm = ask(1, 1) * 200 + b"".join(ask(2, number) for number in range(1, 1_002))
        agent = self.session(self.role)
        agent.ask(1, 1)
        self.assertEqual(len(agent.route()[1]), 1)
        for weight in range(1, 21):
            change = threading.Thread(target=self.lars, args=("route", "set", 1, 1, "10.0.0.1:80", "--weight", weight),
                                      kwargs={"state__dir": self.dir / "state"})
            change.start()
            while change.is_alive():
                with socket.create_connection(("127.0.0.1", self.role.port("dns")), PATIENCE) as greedy:
                    greedy.sendall(storm)
                    try:
                        while greedy.recv(1 << 16):
                            pass
                    except ConnectionError:
                        pass
            change.join()
        self.assertTrue(self.role.alive(), self.role.log()[-2000:])
        now = metrics(self.http)
        self.assertEqual(now["lars_process_exceptions_total"], 0)
        self.assertGreater(now["lars_dns_subscriptions_refused_total"], 20)
        self.lars("route", "add", 1, 1, "10.0.0.2:80", state__dir=self.dir / "state")
        self.assertTrue(eventually(lambda: len(agent.route()[1]) == 2)[0])

    def test_slow_and_oversize_http(self):
        self.serve(http__max_connections=64)
        self.connect(self.http, 40, b"GET /metrics HTTP/1.1\r\nX-Slow: ")
        for text, code in ((b"GET /" + b"x" * 20_000, b" 431 "), (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b" 413 ")):
            self.connect(self.http, 1, text)
            self.assertIn(code, self.open[-1].recv(100))
        seen = self.honest_during(lambda: self.connect(self.http, 30))
        self.assert_calm(seen)
        self.assertEqual(get(self.http, "/livez")[0], 200)
        series = 'lars_connections_dropped_total{port="http",reason="timeout"}'
        self.assertTrue(eventually(lambda: metrics(self.http)[series] > 0, interval=0.2)[0])
        self.tell("slow HTTP", count=70, **seen)


if __name__ == "__main__":
    unittest.main()
