"""What breaks around Lars, one test each: a process killed, a database gone, a storm of questions, a disk full.

Each fault took an older program of this kind down; its test is named after what has to happen instead.
"""

import os
import pathlib
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import unittest

import wire
from http_port import metrics
from lars import (BINARY, PATIENCE, environment, eventually, flags, free_port, lars_test, main_job_address)
from mariadb import mariadb
from old_peers import old_dns


class fault_test(lars_test):
    """Routes on SQLite, written by Lars's own commands."""

    def setUp(self):
        super().setUp()
        self.url = f"sqlite3://{self.dir / 'routes.db'}"
        self.lars("migrate", storage__url=self.url)

    def add(self, modid, cmdid, *hosts):
        rows = "modid,cmdid,ip,port\n" + "".join(f"{modid},{cmdid},{ip},{port}\n" for ip, port in hosts)
        self.lars("route", "import", "-", input=rows, storage__url=self.url)

    def start_dns(self, port=0, **more):
        dns = self.start("dns", state__dir=self.dir / "dns", storage__url=self.url, dns__port=port, **more)
        dns.port("dns")
        return dns

    def start_agent(self, *ports, name="agent", **more):
        where = ",".join(f"127.0.0.1:{port}" for port in ports)
        agent = self.start("agent", state__dir=self.dir / name, agent__dns=where, **more)
        agent.port("agent")
        return agent

    def start_both(self, **more):
        dns = self.start_dns()
        agent = self.start_agent(dns.port("dns"), **more)
        return dns, agent, self.caller(agent)


class dns_fault_test(fault_test):
    def test_a_push_to_a_live_subscriber_leaves_dns_well(self):
        self.add(1, 1, ("10.0.0.1", 80))
        dns = self.start_dns()
        subscriber = self.session(dns)
        subscriber.ask(1, 1)
        self.assertEqual(subscriber.route(), ((1, 1), [("10.0.0.1", 80)]))
        for n in range(2, 6):
            self.add(1, 1, (f"10.0.0.{n}", 80))
            self.assertEqual(len(subscriber.route()[1]), n)
        self.assertTrue(dns.alive())

    def test_a_push_to_subscribers_that_vanish_leaves_dns_well(self):
        self.add(1, 1, ("10.0.0.1", 80))
        dns = self.start_dns()
        for n in range(2, 6):
            gone = [self.session(dns) for _ in range(20)]
            for one in gone:
                one.ask(1, 1)
            gone[0].route()
            for one in gone:
                # A reset instead of an orderly close: bytes under way meet a connection that is no more.
                one.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                one.close()
            self.add(1, 1, (f"10.0.0.{n}", 80))
        witness = self.session(dns)

        def hosts():
            witness.ask(1, 1)
            return len(witness.route()[1])

        self.assertTrue(eventually(lambda: hosts() == 5)[0])

    def test_a_module_asked_for_again_and_again_is_pushed_once(self):
        self.add(1, 1, ("10.0.0.1", 80))
        subscriber = self.session(self.start_dns())
        for _ in range(5):
            subscriber.ask(1, 1)
            subscriber.route()
        self.add(1, 1, ("10.0.0.2", 80))
        self.assertEqual(len(subscriber.route()[1]), 2)
        with self.assertRaises(TimeoutError):
            subscriber.route(timeout=0.8)

    def test_a_killed_dns_that_comes_back_is_found_again(self):
        self.add(1, 1, ("10.0.0.1", 80))
        port = free_port()
        dns = self.start_dns(port)
        agent = self.start_agent(port)
        caller = self.caller(agent)
        self.host_of(caller, (1, 1))
        for n in range(2, 4):
            dns.kill()
            self.assertEqual(caller.get_host(1, 1)[0], wire.SUCCESS)
            self.add(1, 1, (f"10.0.0.{n}", 80))
            dns = self.start_dns(port)
            self.route_becomes(caller, (1, 1), [(f"10.0.0.{i}", 80) for i in range(1, n + 1)])

    def test_a_stopped_dns_is_left_for_another_within_a_second(self):
        self.add(1, 1, ("10.0.0.1", 80))
        servers = [self.start_dns(), self.start_dns()]
        caller = self.caller(self.start_agent(*(dns.port("dns") for dns in servers)))
        self.host_of(caller, (1, 1))
        for dns in servers:
            self.addCleanup(dns.signal, signal.SIGCONT)
        frozen = servers[0]
        frozen.signal(signal.SIGSTOP)
        time.sleep(1.0)
        self.add(1, 1, ("10.0.0.2", 80))
        self.assert_within(1.5, self.route_becomes(caller, (1, 1), [("10.0.0.1", 80), ("10.0.0.2", 80)]))
        frozen.signal(signal.SIGCONT)
        servers[1].signal(signal.SIGSTOP)
        time.sleep(1.0)
        self.add(1, 1, ("10.0.0.3", 80))
        self.assert_within(1.5, self.route_becomes(caller, (1, 1), [(f"10.0.0.{n}", 80) for n in range(1, 4)]))
        servers[1].signal(signal.SIGCONT)

    def test_an_agent_started_before_dns_finds_it(self):
        self.add(1, 1, ("10.0.0.1", 80))
        port = free_port()
        caller = self.caller(self.start_agent(port))
        self.assertEqual(caller.get_host(1, 1)[0], wire.NO_SUCH_MODULE)
        time.sleep(0.5)
        self.start_dns(port)
        _, passed = eventually(lambda: caller.get_host(1, 1)[0] == wire.SUCCESS)
        self.assert_within(3, passed)

    def test_waiting_for_dns_costs_neither_a_core_nor_memory(self):
        self.add(1, 1, ("10.0.0.1", 80))
        dns, agent, caller = self.start_both()
        self.host_of(caller, (1, 1))
        dns.kill()
        time.sleep(0.5)
        cpu, memory = agent.cpu_seconds(), agent.memory_kb()
        time.sleep(3)
        self.assertLess(agent.cpu_seconds() - cpu, 0.3)
        self.assertLess(agent.memory_kb() - memory, 4096)

    def test_deleting_one_host_of_several_leaves_the_others(self):
        hosts = [main_job_address(n) for n in range(6)]
        self.add(1, 1, *hosts)
        dns, agent, caller = self.start_both()
        self.route_becomes(caller, (1, 1), hosts)
        while len(hosts) > 1:
            ip, port = hosts.pop(len(hosts) // 2)
            self.lars("route", "remove", 1, 1, f"{ip}:{port}", storage__url=self.url)
            self.route_becomes(caller, (1, 1), hosts)
            self.assertEqual({caller.get_host(1, 1)[1] for _ in range(4 * len(hosts))}, set(hosts))
        self.assertTrue(dns.alive() and agent.alive())

    def test_each_change_reaches_every_dns_of_one_database(self):
        self.add(1, 1, ("10.0.0.1", 80))
        sessions = [self.session(self.start_dns()) for _ in range(2)]
        for session in sessions:
            session.ask(1, 1)
            session.route()
        for n in range(2, 6):
            self.add(1, 1, (f"10.0.0.{n}", 80))
            for session in sessions:
                self.assertEqual(len(session.route()[1]), n)

    def test_a_thousand_connections_are_served_and_a_change_reaches_them_all(self):
        self.add(1, 1, ("10.0.0.1", 80))
        dns = self.start_dns()
        sessions = [self.session(dns) for _ in range(1100)]
        for session in sessions:
            session.ask(1, 1)
        for session in sessions:
            self.assertEqual(session.route(PATIENCE)[1], [("10.0.0.1", 80)])
        self.add(1, 1, ("10.0.0.2", 80))
        for session in sessions:
            self.assertEqual(len(session.route(PATIENCE)[1]), 2)

    def test_connections_are_spread_over_the_threads_of_dns(self):
        self.add(1, 1, ("10.0.0.1", 80))
        dns = self.start_dns(dns__threads=2)
        request = wire.frame(wire.GET_ROUTE, wire.encode("GetRouteRequest", {"modid": 1, "cmdid": 1}))
        for _ in range(20):
            session = self.session(dns)
            session.send(request * 3000)
            for _ in range(3000):
                session.receive()
        # Nanoseconds on a processor by thread. The first context also keeps subscriptions and watches the database.
        tasks = pathlib.Path(f"/proc/{dns.process.pid}/task").iterdir()
        busy = sorted((int((task / "schedstat").read_text().split()[0]) for task in tasks), reverse=True)
        self.assertGreater(busy[1] * 5, busy[0], f"nanoseconds by thread: {busy}")

    def test_connections_over_the_limit_are_closed_and_the_others_go_on(self):
        self.add(1, 1, ("10.0.0.1", 80))
        dns = self.start_dns(dns__max_connections=10)
        sessions = [self.session(dns) for _ in range(10)]
        for session in sessions:
            session.ask(1, 1)
            session.route()
        late = self.session(dns)
        with self.assertRaises(ConnectionError):
            late.ask(1, 1)
            late.route()
        sessions[0].ask(1, 1)
        self.assertEqual(sessions[0].route()[1], [("10.0.0.1", 80)])

    def test_a_reader_that_never_reads_costs_bounded_memory(self):
        self.add(1, 1, *(main_job_address(n) for n in range(3000)))
        dns = self.start_dns()
        deaf = self.session(dns)
        request = wire.frame(wire.GET_ROUTE, wire.encode("GetRouteRequest", {"modid": 1, "cmdid": 1}))
        deaf.socket.settimeout(2)
        try:
            for _ in range(60):
                deaf.send(request * 200)
        except OSError:
            pass  # dns closed it
        time.sleep(1)
        self.assertLess(dns.memory_kb(), 250_000)
        witness = self.session(dns)
        witness.ask(1, 1)
        self.assertEqual(len(witness.route()[1]), 3000)


class agent_fault_test(fault_test):
    def test_an_agent_killed_and_restarted_under_load_serves_every_route_again(self):
        modules = [(1, n) for n in range(30)]
        for key in modules:
            self.add(*key, ("10.0.0.1", 1000 + key[1]))
        dns = self.start_dns()
        port = free_port(3)
        agent = self.start_agent(dns.port("dns"), agent__port=port)
        first = self.caller(agent)
        for key in modules:
            self.host_of(first, key)

        stop = threading.Event()
        served, broken = [0] * 4, []

        def load(index):
            caller = wire.caller(port)
            while not stop.is_set():
                for key in modules:
                    try:
                        code, host = caller.get_host(*key, timeout=0.2)
                        if code != wire.SUCCESS or host[1] != 1000 + key[1]:
                            broken.append((key, code, host))
                        else:
                            caller.report(*key, host, 0)
                            served[index] += 1
                    except TimeoutError:
                        pass  # nobody is there at the moment: the call ends all the same
            caller.close()

        threads = [threading.Thread(target=load, args=(index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        try:
            for round_number in range(5):
                time.sleep(0.3)
                agent.kill()
                agent = self.start_agent(dns.port("dns"), agent__port=port)
        finally:
            time.sleep(0.5)
            before = list(served)
            time.sleep(0.5)
            stop.set()
            for thread in threads:
                thread.join(10)
        self.assertFalse(any(thread.is_alive() for thread in threads), "a caller hangs")
        self.assertTrue(all(now > then for now, then in zip(served, before)), "every caller is served again")
        self.assertEqual(broken, [])
        self.assertTrue(agent.alive())

    def test_thousands_of_cold_modules_at_once_are_all_answered(self):
        count = 20_000
        rows = "modid,cmdid,ip,port\n" + "".join(f"{n},1,10.1.{n % 250}.1,{1000 + n % 5000}\n" for n in range(count))
        self.lars("route", "import", "-", input=rows, storage__url=self.url)
        dns, agent, caller = self.start_both()
        caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        start = time.monotonic()
        known = set()
        caller.socket.setblocking(False)
        # Ask as callers do: again for what has not been answered with a host, never more than the sockets hold.
        while len(known) < count and time.monotonic() - start < 30:
            for n in range(count):
                if n in known:
                    continue
                caller.send(wire.frame(wire.GET_HOST, wire.encode("GetHostRequest", {"seq": n + 1, "modid": n, "cmdid": 1})),
                            caller.port_of(n, 1))
                if n % 64 == 0:
                    self.drain(caller, known)
            time.sleep(0.05)
            self.drain(caller, known)
        self.assertEqual(len(known), count)
        self.assertTrue(dns.alive() and agent.alive())

    def drain(self, caller, known):
        while True:
            try:
                message_id, body = wire.split_frame(caller.socket.recv(2048))
            except BlockingIOError:
                return
            answer = wire.decode("GetHostResponse", body)
            if answer.get("retcode", 0) == wire.SUCCESS:
                known.add(answer["seq"] - 1)

    def test_a_module_of_many_hosts_is_answered_with_as_many_as_fit(self):
        for count in (6_600, 50_000):
            rows = "modid,cmdid,ip,port\n" + "".join(
                f"1,{count},10.{n // 62500}.{n // 250 % 250}.{n % 250 + 1},{1000 + n % 50000}\n" for n in range(count))
            self.lars("route", "import", "-", input=rows, storage__url=self.url)
        dns, agent, caller = self.start_both()
        for count in (6_600, 50_000):
            self.host_of(caller, (1, count))
            hosts = caller.get_route(1, count)
            self.assertGreater(len(hosts), 3_000)
            seen = {caller.get_host(1, count)[1] for _ in range(500)}
            self.assertEqual(len(seen), 500, "round robin hands each host out in turn")
        self.assertTrue(dns.alive() and agent.alive())

    def test_the_first_report_of_a_fresh_host_counts(self):
        self.add(1, 1, ("10.0.0.1", 80), ("10.0.0.2", 80))
        _, _, caller = self.start_both(loadbalance__contin_err_limit=1)
        self.host_of(caller, (1, 1))
        caller.report(1, 1, ("10.0.0.1", 80), 1)
        picks = [caller.get_host(1, 1)[1] for _ in range(11)]
        self.assertEqual(picks.count(("10.0.0.1", 80)), 1, "isolated by one failure, as configured: the probe is left")

    def test_a_fresh_host_is_not_isolated_by_one_failure(self):
        self.add(1, 1, ("10.0.0.1", 80), ("10.0.0.2", 80))
        _, _, caller = self.start_both()
        self.host_of(caller, (1, 1))
        caller.report(1, 1, ("10.0.0.1", 80), 1)
        picks = [caller.get_host(1, 1)[1] for _ in range(20)]
        self.assertEqual(picks.count(("10.0.0.1", 80)), 10)

    def test_reports_for_what_is_not_there_change_nothing(self):
        self.add(1, 1, ("10.0.0.1", 80))
        _, agent, caller = self.start_both()
        self.host_of(caller, (1, 1))
        for _ in range(200):
            caller.report(1, 1, ("10.9.9.9", 80), 1)
            caller.report(7, 7, ("10.0.0.1", 80), 1)
        caller.send(wire.frame(wire.REPORT, wire.encode("ReportRequest", {"modid": 1, "cmdid": 1, "retcode": 1})),
                    caller.port_of(1, 1))
        self.assertEqual(caller.get_host(1, 1), (wire.SUCCESS, ("10.0.0.1", 80)))

    def test_udp_is_bound_to_loopback_unless_told_otherwise(self):
        agent = self.start_agent(1)
        ports = {agent.port("agent") + offset for offset in range(3)}
        bound = {}
        for line in pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]:
            ip, port = line.split()[1].split(":")
            bound[int(port, 16)] = ip
        self.assertEqual({port: bound.get(port) for port in ports}, {port: "0100007F" for port in ports})

    def test_a_second_agent_on_the_same_directory_is_refused(self):
        self.start_agent(1)
        second = self.lars("--role=agent", code=1, agent__port=0, state__dir=self.dir / "agent")
        self.assertEqual(len(second.stderr.strip().splitlines()), 1, second.stderr)

    def test_an_old_dns_serves_a_new_agent(self):
        dns = old_dns({(1, 1): [("192.168.1.1", 7777)]})
        self.addCleanup(dns.close)
        caller = self.caller(self.start_agent(dns.port))
        self.assertEqual(self.host_of(caller, (1, 1)), ("192.168.1.1", 7777))
        dns.push((1, 1), [("192.168.1.1", 7777), ("10.0.0.2", 80)])
        self.route_becomes(caller, (1, 1), [("192.168.1.1", 7777), ("10.0.0.2", 80)])
        time.sleep(2.5)  # an old dns answers no ping: that is no reason to leave it
        self.assertEqual(len(dns.sessions), 1)
        dns.push((1, 1), [])
        self.route_becomes(caller, (1, 1), [])
        self.assertEqual(caller.get_host(1, 1)[0], wire.NO_SUCH_MODULE)

    def test_rubbish_from_dns_costs_that_connection_alone(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        self.add(1, 1, ("10.0.0.1", 80))
        good = self.start_dns()
        agent = self.start_agent(listener.getsockname()[1], good.port("dns"))
        stop = threading.Event()

        def rubbish():
            listener.settimeout(0.2)
            while not stop.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    continue
                with connection:
                    try:
                        connection.sendall(os.urandom(4096))
                    except OSError:
                        pass

        thread = threading.Thread(target=rubbish)
        thread.start()
        try:
            caller = self.caller(agent)
            self.host_of(caller, (1, 1))
            self.assertTrue(agent.alive())
        finally:
            stop.set()
            thread.join()

    def test_damaged_saved_routes_are_recovered_as_far_as_they_go(self):
        for n in range(20):
            self.add(1, n, ("10.0.0.1", 1000 + n))
        dns, agent, caller = self.start_both()
        for n in range(20):
            self.host_of(caller, (1, n))
        self.assertTrue(eventually(lambda: metrics(agent.port("http"))["lars_agent_unsaved_routes"] == 0)[0])
        dns.kill()
        agent.kill()
        saved = [path for path in (self.dir / "agent").iterdir() if path.is_file() and path.stat().st_size > 500]
        self.assertEqual(len(saved), 1, "the saved routes are one file")
        whole = saved[0].read_bytes()
        for what, damaged in (
            ("cut in the middle of a record", whole[:len(whole) - 7]),
            ("cut in half", whole[:len(whole) // 2]),
            ("a flipped bit near the end", whole[:-20] + bytes([whole[-20] ^ 4]) + whole[-19:]),
            ("rubbish", os.urandom(len(whole))),
            ("empty", b""),
        ):
            with self.subTest(what):
                saved[0].write_bytes(damaged)
                again = self.start_agent(1)
                caller = self.caller(again)
                known = sum(caller.get_host(1, n)[0] == wire.SUCCESS for n in range(20))
                expected = {"cut in the middle of a record": 19, "a flipped bit near the end": 18, "cut in half": 5}
                self.assertGreaterEqual(known, expected.get(what, 0), what)
                again.kill()

    @unittest.skipUnless(os.getuid() == 0, "needs root to mount a small file system")
    def test_a_full_disk_does_not_stop_the_agent(self):
        small = self.dir / "small"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", small], check=False)
        for n in range(40):
            self.add(1, n, *((f"10.0.{n}.{i % 250 + 1}", 1000 + i) for i in range(400)))
        dns = self.start_dns()
        agent = self.start("agent", state__dir=small, agent__dns=f"127.0.0.1:{dns.port('dns')}")
        caller = self.caller(agent)
        for n in range(40):
            self.host_of(caller, (1, n))
        (small / "filler").write_bytes(b"")
        with open(small / "filler", "ab", buffering=0) as filler:
            try:
                while filler.write(b"x" * 4096):
                    pass
            except OSError:
                pass
        self.add(2, 2, ("10.0.0.1", 80))
        self.host_of(caller, (2, 2))
        self.assertTrue(agent.alive())
        self.assertEqual(agent.terminate()[0], 0)


class file_size_limit_test(lars_test):
    """A limited file size (ulimit -f, LimitFSIZE) is a disk that takes no more, and never a signal that ends a role."""

    def limit(self, process, size):
        hard = resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    def test_files_that_may_not_grow_while_roles_run(self):
        roles = self.start("all", log__file=self.dir / "lars.log", log__level="debug")
        roles.port("http")
        database = f"sqlite3://{self.dir / 'state' / 'lars.db'}"
        self.lars("route", "add", 1, 1, "10.0.0.1:80", storage__url=database)
        caller = self.caller(roles)
        self.host_of(caller, (1, 1))
        self.limit(roles, 1)
        # Routes to be saved, results to be spooled and committed, lines to be logged.
        self.lars("route", "add", 2, 2, "10.0.0.2:80", storage__url=database)
        self.host_of(caller, (2, 2))
        for _ in range(50):
            caller.report(2, 2, ("10.0.0.2", 80), 0)
        time.sleep(2)
        self.assertTrue(roles.alive())
        self.limit(roles, resource.RLIM_INFINITY)
        self.lars("route", "add", 3, 3, "10.0.0.3:80", storage__url=database)
        self.host_of(caller, (3, 3))
        self.assertEqual(roles.terminate()[0], 0)

    def test_a_start_under_the_limit_is_refused_in_words_or_serves(self):
        for role, size in ("dns", 0), ("agent", 0), ("agent", 1 << 16):
            with self.subTest(role=role, size=size):
                self.start_limited(role, size)

    def start_limited(self, role, size):
        arguments = [f"--role={role}", *flags({f"{name}.port": 0 for name in ("dns", "reporter", "agent", "http")}),
                     *flags({"state.dir": self.dir / f"{role}-{size}"})]
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        with subprocess.Popen([BINARY, *arguments], env=environment(), text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, preexec_fn=limit) as started:
            try:
                serves = "port=" in started.stdout.readline()
                if serves:
                    time.sleep(0.2)
                    self.assertIsNone(started.poll(), "ended by itself")
                started.terminate()
                _, told = started.communicate(timeout=PATIENCE)
            finally:
                started.kill()
        self.assertEqual(started.returncode, 0 if serves else 1, told)
        self.assertTrue(serves or told.strip(), "refused without a word")


class storage_fault_test(lars_test):
    """A database that comes and goes."""

    @classmethod
    def setUpClass(cls):
        cls.server = mariadb()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        super().setUp()
        if self.server.process is None:
            self.server.start()
        self.url = self.server.create("lars_dns")
        self.lars("migrate", storage__url=self.url)

    def start_both(self):
        dns = self.start("dns", state__dir=self.dir / "dns", storage__url=self.url)
        agent = self.start("agent", state__dir=self.dir / "agent", agent__dns=f"127.0.0.1:{dns.port('dns')}")
        return dns, agent, self.caller(agent)

    def add(self, host, code=0):
        return self.lars("route", "add", 1, 1, host, storage__url=self.url, code=code)

    def test_a_killed_database_is_outlived_and_found_again(self):
        self.add("10.0.0.1:80")
        dns, agent, caller = self.start_both()
        self.host_of(caller, (1, 1))
        self.server.kill()
        time.sleep(0.5)
        fresh = self.session(dns)
        fresh.ask(1, 1)
        self.assertEqual(fresh.route(), ((1, 1), [("10.0.0.1", 80)]), "dns answers from memory")
        refused = self.add("10.0.0.2:80", code=1)
        self.assertEqual(len(refused.stderr.strip().splitlines()), 1, refused.stderr)
        self.assertTrue(dns.alive() and agent.alive())
        self.server.start()
        self.add("10.0.0.2:80")
        self.route_becomes(caller, (1, 1), [("10.0.0.1", 80), ("10.0.0.2", 80)])

    def test_roles_start_without_their_database_and_serve_when_it_comes(self):
        self.add("10.0.0.1:80")
        self.server.kill()
        dns, agent, caller = self.start_both()
        self.assertEqual(caller.get_host(1, 1)[0], wire.NO_SUCH_MODULE)
        time.sleep(1)
        self.assertTrue(dns.alive() and agent.alive())
        self.server.start()
        _, passed = eventually(lambda: caller.get_host(1, 1)[0] == wire.SUCCESS)
        self.assert_within(6, passed)

    def test_tables_that_are_being_made_are_not_missing(self):
        for n in range(5):
            url = self.server.create(f"first_start_{n}")
            # One process fills the database; the other waits for it likewise.
            both = [self.start(roles, storage__url=url, state__dir=self.dir / f"{roles}{n}")
                    for roles in ("dns,reporter", "dns")]
            for one in both:
                http = one.port("http")
                self.assertTrue(eventually(lambda: metrics(http).get("lars_dns_loaded") == 1)[0], one.log())
            time.sleep(0.1)
            for one in both:
                self.assertEqual(one.terminate()[0], 0)
                self.assertNotRegex(one.log(), r"storage_lost|storage_failed|history_waits|old_schema")

    def test_an_empty_database_is_filled_by_dns(self):
        self.url = self.server.create("lars_dns")
        _, _, caller = self.start_both()
        self.assertTrue(eventually(lambda: self.add("10.0.0.1:80", code=None).returncode == 0, interval=0.2)[0])
        self.host_of(caller, (1, 1))

    def test_a_stopped_database_delays_nobody(self):
        self.add("10.0.0.1:80")
        dns, agent, caller = self.start_both()
        self.host_of(caller, (1, 1))
        self.server.freeze()
        try:
            time.sleep(0.5)
            for _ in range(10):
                fresh = self.session(dns)
                start = time.monotonic()
                fresh.ask(1, 1)
                fresh.route()
                self.assert_within(0.5, time.monotonic() - start)
                self.assertEqual(caller.get_host(1, 1)[0], wire.SUCCESS)
        finally:
            self.server.thaw()
        self.add("10.0.0.2:80")
        self.route_becomes(caller, (1, 1), [("10.0.0.1", 80), ("10.0.0.2", 80)])


class sqlite_fault_test(fault_test):
    def test_a_database_locked_by_another_program_delays_nobody(self):
        self.add(1, 1, ("10.0.0.1", 80))
        dns, _, caller = self.start_both()
        self.host_of(caller, (1, 1))
        holder = sqlite3.connect(self.dir / "routes.db", isolation_level=None)
        holder.execute("begin immediate")
        time.sleep(0.3)
        fresh = self.session(dns)
        fresh.ask(1, 1)
        self.assertEqual(fresh.route(), ((1, 1), [("10.0.0.1", 80)]))
        holder.execute("rollback")
        holder.close()
        self.add(1, 1, ("10.0.0.2", 80))
        self.route_becomes(caller, (1, 1), [("10.0.0.1", 80), ("10.0.0.2", 80)])

    def test_a_file_that_is_no_database_refuses_to_start(self):
        (self.dir / "rubbish.db").write_bytes(os.urandom(8192))
        done = self.lars("--role=dns", code=1, dns__port=0, state__dir=self.dir / "dns",
                         storage__url=f"sqlite3://{self.dir / 'rubbish.db'}")
        self.assertIn("rubbish.db", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_dns_killed_in_the_middle_of_changes_starts_again_with_all_of_them(self):
        port = free_port()
        for n in range(4):
            dns = self.start_dns(port)
            self.add(1, 1, (f"10.0.0.{n + 1}", 80))
            dns.kill()
        session = self.session(self.start_dns(port))
        session.ask(1, 1)
        self.assertEqual(len(session.route()[1]), 4)


if __name__ == "__main__":
    unittest.main()
