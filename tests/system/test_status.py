"""Every call is counted once, whatever dies: from a caller's report to the rows of the database.

Callers report and then ask, on one socket to one port, so an answer says that the report before it was counted. Whoever
kills an agent waits for a moment in which no report is under way, so sums are compared to the call.
"""

import json
import random
import shutil
import signal
import subprocess
import threading
import time
import unittest

import wire
from lars import PATIENCE, eventually, free_port, lars_test
from mariadb import OLD_SCHEMA, mariadb
from status_peers import ack_holder, old_report, old_reporter, slow_pipe, status_session

MODULE = (1, 1)
HOSTS = [("10.0.0.1", 80), ("192.168.1.2", 81), ("10.0.0.3", 82)]
# Drain often, so that faults meet drains; eject nothing, so that a caller always gets a host.
FAST = {"agent.report_interval_ms": 50, "loadbalance.err_rate": 1, "loadbalance.contin_err_limit": 1000000,
        "loadbalance.window_err_rate": 1, "loadbalance.idle_timeout": 3600}


class load:
    """Callers in threads of their own that count their reports. While `quiet` is held, no report is on its way."""

    def __init__(self, agent_port, seed, threads=3, pause=0.0005):
        self.quiet = threading.Lock()
        self.made = {True: 0, False: 0}
        self.unanswered = 0
        self.running = True
        self.threads = [threading.Thread(target=self.call, args=(agent_port, seed + n, pause), daemon=True)
                        for n in range(threads)]
        for one in self.threads:
            one.start()

    def call(self, agent_port, seed, pause):
        draw = random.Random(seed)
        caller = wire.caller(agent_port)
        while self.running:
            with self.quiet:
                try:
                    code, host = caller.get_host(*MODULE, timeout=0.3)
                except TimeoutError:
                    self.unanswered += 1
                    continue
                if code != wire.SUCCESS:
                    continue
                good = draw.random() < 0.8
                caller.report(*MODULE, host, 0 if good else 1)
                # The answer comes from the same socket after the report.
                caller.get_host(*MODULE)
                self.made[good] += 1
            time.sleep(pause * draw.random())
        caller.close()

    def stop(self):
        self.running = False
        for one in self.threads:
            one.join()
        return self.made[True], self.made[False]


class status_test(lars_test):
    @classmethod
    def setUpClass(cls):
        cls.database = mariadb()
        cls.addClassCleanup(cls.database.stop)

    def setUp(self):
        super().setUp()
        self.name = "status_" + self.id().rsplit(".", 1)[1][:50].replace(".", "_")
        self.url = self.database.create(self.name)
        self.lars("migrate", storage__url=self.url)
        for ip, port in HOSTS:
            self.lars("route", "add", *MODULE, f"{ip}:{port}", storage__url=self.url)

    # --- processes ---------------------------------------------------------------------------------------------------

    def start_dns(self):
        dns = self.start("dns", state__dir=self.dir / "dns", storage__url=self.url)
        return dns.port("dns")

    def start_reporter(self, port=0, url=None, **more):
        reporter = self.start("reporter", state__dir=self.dir / "reporter", storage__url=url or self.url,
                              reporter__port=port, **more)
        reporter.port("reporter")
        return reporter

    def start_agent(self, dns_port, *reporters, name="agent", port=0, **more):
        where = ",".join(f"127.0.0.1:{one}" for one in reporters)
        settings = {name.replace(".", "__"): value for name, value in FAST.items()}
        settings.update(more)
        agent = self.start("agent", state__dir=self.dir / name, agent__dns=f"127.0.0.1:{dns_port}", agent__port=port,
                           agent__reporter=where, **settings)
        self.host_of(self.caller(agent), MODULE)
        return agent

    def session(self, port, agent_id=None):
        one = status_session(port, agent_id)
        self.addCleanup(one.close)
        return one

    # --- the database -----------------------------------------------------------------------------------------------

    def sums(self):
        """(successes, failures) of the whole history."""
        rows = self.database.sql("SELECT COALESCE(SUM(succ),0), COALESCE(SUM(err),0) FROM CallHistory", self.name)
        return tuple(int(value) for value in rows[0])

    def counted_exactly(self, made, timeout=PATIENCE):
        """Waits until the history has these calls; returns the seconds. Fails when it does not, or has more later."""
        done, passed = eventually(lambda: self.sums() == made, timeout, 0.02)
        time.sleep(0.5)
        self.assertEqual(self.sums(), made, f"after {passed:.1f} s" if done else "never equal")
        return passed


class counting_test(status_test):
    def test_calls_reach_history_and_status(self):
        reporter = self.start_reporter()
        agent = self.start_agent(self.start_dns(), reporter.port("reporter"))
        callers = load(agent.port("agent"), 1)
        time.sleep(2)
        made = callers.stop()
        self.assertGreater(sum(made), 500)
        self.assert_within(2, self.counted_exactly(made))
        rows = self.database.sql("SELECT modid, cmdid, INET_NTOA(ip), port, INET_NTOA(caller), succ_cnt + err_cnt,"
                                 " overload FROM ServerCallStatus ORDER BY port", self.name)
        self.assertEqual([row[:5] for row in rows], [["1", "1", ip, str(port), "127.0.0.1"] for ip, port in HOSTS])
        # No window has ended, so the absolute counts are all calls there were.
        self.assertEqual(sum(int(row[5]) for row in rows), sum(made))
        self.assertEqual({row[6] for row in rows}, {"0"})

    def test_an_isolated_host_is_told_as_overloaded(self):
        reporter = self.start_reporter()
        agent = self.start_agent(self.start_dns(), reporter.port("reporter"), loadbalance__err_rate=0.1,
                                 loadbalance__contin_err_limit=15)
        self.isolate(self.caller(agent), MODULE, HOSTS[0])
        query = "SELECT INET_NTOA(ip) FROM ServerCallStatus WHERE overload = '1'"
        self.assertTrue(eventually(lambda: self.database.sql(query, self.name) == [[HOSTS[0][0]]])[0])

    def test_an_old_agent_beside_a_new_one(self):
        reporter = self.start_reporter()
        old = wire.dns_session(reporter.port("reporter"))
        self.addCleanup(old.close)
        new = self.session(reporter.port("reporter"))
        old_report(old, (7, 8), [("192.168.1.9", 99, 41, 2, True)], 1700000000, caller="172.16.0.5")
        new.acknowledged(new.report((7, 8), [("192.168.1.9", 99, 5, 1)]))
        rows = "SELECT INET_NTOA(caller), succ_cnt, err_cnt, ts, overload FROM ServerCallStatus WHERE modid = 7 ORDER BY ts"
        self.assertTrue(eventually(lambda: len(self.database.sql(rows, self.name)) == 2)[0])
        self.assertEqual(self.database.sql(rows, self.name)[0], ["172.16.0.5", "41", "2", "1700000000", "1"])
        self.assertEqual(self.sums(), (5, 1), "an old agent's absolute counts are no calls of the history")
        with self.assertRaises(TimeoutError, msg="nothing is sent to an old agent"):
            old.receive(0.5)

    def test_a_later_old_report_overwrites_whatever_its_time(self):
        reporter = self.start_reporter()
        old = wire.dns_session(reporter.port("reporter"))
        self.addCleanup(old.close)
        query = "SELECT succ_cnt, err_cnt, ts, overload FROM ServerCallStatus WHERE modid = 7"
        for succ, err, ts, overload in ((5, 1, 1700000100, False), (2, 0, 1700000050, True)):
            old_report(old, (7, 8), [("10.9.9.9", 1, succ, err, overload)], ts)
            wanted = [[str(succ), str(err), str(ts), str(int(overload))]]
            self.assertTrue(eventually(lambda: self.database.sql(query, self.name) == wanted)[0], wanted)

    def test_the_old_schema_is_written_as_its_readers_expect(self):
        url = self.database.create("old_status", OLD_SCHEMA)
        reporter = self.start_reporter(url=url)
        new = self.session(reporter.port("reporter"))
        seq = new.report((1, 2), [("192.168.1.9", 99, 5, 1, 7, 3, True)], ts=1700000000, caller="200.1.2.3")
        new.acknowledged(seq)
        rows = self.database.sql("SELECT * FROM ServerCallStatus", "old_status")
        signed = [str(wire.host_info(ip, 0)["ip"]) for ip in ("192.168.1.9", "200.1.2.3")]
        self.assertEqual(rows, [["1", "2", signed[0], "99", signed[1], "7", "3", "1700000000", "1"]])

    def test_a_new_agent_with_an_old_reporter(self):
        old = old_reporter()
        self.addCleanup(old.close)
        agent = self.start_agent(self.start_dns(), old.port)
        callers = load(agent.port("agent"), 2)
        time.sleep(1)
        made = callers.stop()
        told = lambda: sum(succ + err for succ, err, _ in old.rows.values())
        self.assertTrue(eventually(lambda: told() == sum(made))[0], f"{told()} of {made}")
        self.assertEqual({key[:2] for key in old.rows}, {MODULE})
        # What was written to it is delivered some seconds later: nothing piles up, and nothing is left at the end.
        time.sleep(6)
        agent.terminate()
        self.assertRegex(agent.log(), r"agent.status_stopped .*waiting=[0-9]\b")

    def test_an_old_reporter_that_is_restarted_ends_with_the_newest_row(self):
        """Waiting results arrive as one status a module, so no older one can overtake the newest."""
        old = old_reporter()
        agent = self.start_agent(self.start_dns(), old.port, agent__report_interval_ms=300)
        caller = self.caller(agent)

        def call(times):
            for _ in range(times):
                caller.report(*MODULE, self.host_of(caller, MODULE), 0)

        call(30)
        told = lambda: sum(succ + err for succ, err, _ in old.rows.values())
        self.assertTrue(eventually(lambda: told() == 30)[0], told())
        made = 30
        for _ in range(3):
            old.close()
            for _ in range(6):
                call(5)
                made += 5
                time.sleep(0.35)
            old = old_reporter(old.port, old.rows)
            self.addCleanup(old.close)
            self.assertTrue(eventually(lambda: told() == made)[0], f"{told()} of {made}")
            time.sleep(1)
            self.assertEqual(told(), made, "an older status came later")
        self.assertEqual(old.unknown_fields, set(), "an old reporter is told what old agents told it")

    def test_calls_are_placed_by_their_age_whatever_the_clock_of_the_agent_says(self):
        reporter = self.start_reporter()
        session = self.session(reporter.port("reporter"))
        years_behind, now = 1420000000, int(time.time())
        session.acknowledged(session.report(MODULE, [("10.0.0.1", 80, 1, 0)], ts=years_behind, age_ms=0))
        session.acknowledged(session.report(MODULE, [("10.0.0.1", 80, 2, 0)], ts=years_behind, age_ms=7200000))
        session.acknowledged(session.report(MODULE, [("10.0.0.1", 80, 4, 0)], ts=years_behind))
        session.acknowledged(session.report(MODULE, [("10.0.0.1", 80, 8, 0)], ts=now + 999999, age_ms=60000))
        # Retention passes every ten seconds.
        time.sleep(12)
        placed = {}
        for bucket, step, calls in self.database.sql("SELECT bucket, step, succ FROM CallHistory", self.name):
            ago = (now - int(bucket)) // 10
            placed[int(calls)] = (ago, int(step))
        self.assertEqual(sum(placed), 15, placed)
        self.assertTrue(any(710 <= ago <= 727 for ago, _ in placed.values()), "two hours ago: %s" % placed)
        self.assertTrue(all(-1 <= ago <= 727 for ago, _ in placed.values()), placed)
        row = self.database.sql("SELECT ts FROM ServerCallStatus", self.name)[0][0]
        self.assertLess(abs(int(row) - now), 90)
        self.assertRegex(reporter.log(), r"reporter.agent_clock_wrong agent=127.0.0.1 ahead_s=-\d+")

    def test_the_same_batch_again_counts_once_and_a_gap_not_at_all(self):
        reporters = [self.start_reporter(), self.start_reporter()]
        first, second = (self.session(one.port("reporter"), b"sixteen bytes id") for one in reporters)
        first.acknowledged(first.report(MODULE, [("10.0.0.1", 80, 3, 1)]))
        second.report(MODULE, [("10.0.0.1", 80, 3, 1)], seq=1)
        second.acknowledged(1)
        second.report(MODULE, [("10.0.0.1", 80, 100, 0)], seq=3)
        self.assertEqual(second.answer(), (b"sixteen bytes id", 1, True))
        self.assertEqual(self.sums(), (3, 1))
        first.report(MODULE, [("10.0.0.1", 80, 2, 0)], seq=2)
        first.acknowledged(2)
        self.assertEqual(self.sums(), (5, 1))

    def test_a_planted_double_application_is_found(self):
        reporter = self.start_reporter()
        one = self.session(reporter.port("reporter"))
        one.acknowledged(one.report(MODULE, [("10.0.0.1", 80, 3, 1)]))
        self.counted_exactly((3, 1))
        # The same calls under another incarnation, as from an agent that forgot what it had sent.
        two = self.session(reporter.port("reporter"))
        two.acknowledged(two.report(MODULE, [("10.0.0.1", 80, 3, 1)]))
        with self.assertRaises(AssertionError):
            self.counted_exactly((3, 1), 1)


class fleet_test(status_test):
    """A dns, reporters and an agent that keep their ports over restarts."""

    def start_fleet(self, reporters=1, **more):
        self.dns = self.start_dns()
        self.ports = [free_port() for _ in range(reporters)]
        self.reporters = [self.start_reporter(port) for port in self.ports]
        self.agent_port = free_port(3)
        self.more = more
        self.agent = self.start_agent(self.dns, *self.ports, port=self.agent_port, **more)

    def restart_agent(self, *reporters):
        self.agent = self.start_agent(self.dns, *(reporters or self.ports), port=self.agent_port, **self.more)


class fault_test(fleet_test):
    """A process dies or misbehaves under load."""

    def committed_unacknowledged(self, callers_seed):
        """Load through a proxy that holds acknowledgements; returns the proxy and the callers once rows are committed."""
        self.start_fleet()
        proxy = ack_holder(self.ports[0])
        self.addCleanup(proxy.close)
        self.agent.terminate()
        self.restart_agent(proxy.port)
        proxy.holding = True
        callers = load(self.agent_port, callers_seed)
        self.assertTrue(eventually(lambda: proxy.held > 3 and sum(self.sums()) > 50)[0], "nothing was held back")
        return proxy, callers

    def test_agent_killed_between_commit_and_acknowledgement(self):
        proxy, callers = self.committed_unacknowledged(10)
        with callers.quiet:
            self.agent.kill()
            self.restart_agent(proxy.port)
        proxy.holding = False
        time.sleep(0.5)
        self.counted_exactly(callers.stop())

    def test_reporter_killed_between_commit_and_acknowledgement(self):
        proxy, callers = self.committed_unacknowledged(11)
        self.reporters[0].kill()
        proxy.holding = False
        self.start_reporter(self.ports[0])
        time.sleep(0.5)
        self.counted_exactly(callers.stop())

    def test_database_killed_between_commit_and_acknowledgement(self):
        proxy, callers = self.committed_unacknowledged(12)
        self.database.kill()
        proxy.holding = False
        self.database.start()
        time.sleep(0.5)
        self.counted_exactly(callers.stop())

    def kill_at_random(self, seed, seconds, victims):
        draw = random.Random(seed)
        self.start_fleet(reporters=2)
        callers = load(self.agent_port, seed)
        end = time.monotonic() + seconds
        killed = []
        while time.monotonic() < end:
            time.sleep(draw.uniform(0.05, 0.6))
            victim = draw.choice(victims)
            killed.append(victim)
            if victim == "agent":
                with callers.quiet:
                    self.agent.kill()
                    time.sleep(draw.choice((0, 0.2)))
                    self.restart_agent()
            elif victim == "database":
                self.database.kill()
                time.sleep(draw.choice((0, 0.7)))
                self.database.start()
            else:
                n = draw.randrange(2)
                self.reporters[n].kill()
                time.sleep(draw.choice((0, 0.3)))
                self.reporters[n] = self.start_reporter(self.ports[n])
        made = callers.stop()
        self.assertGreater(sum(made), 1000)
        self.counted_exactly(made)
        return killed

    def test_kills_of_agents_at_random_moments(self):
        for seed in (101, 102):
            with self.subTest(seed=seed):
                self.database.sql("DELETE FROM CallHistory", self.name)
                self.assertIn("agent", self.kill_at_random(seed, 8, ["agent"]))
                self.agent.terminate()

    def test_kills_of_everything_at_random_moments(self):
        for seed in (201, 202):
            with self.subTest(seed=seed):
                self.database.sql("DELETE FROM CallHistory", self.name)
                self.assertGreater(len(self.kill_at_random(seed, 12, ["agent", "reporter", "reporter", "database"])), 4)
                self.agent.terminate()

    def test_a_killed_and_a_frozen_reporter_are_left_within_a_second(self):
        self.start_fleet(reporters=2)
        callers = load(self.agent_port, 20, pause=0.002)
        for fault in (signal.SIGKILL, signal.SIGSTOP):
            in_use = [one for one in self.reporters if one.alive() and self.is_connected(one)]
            self.assertEqual(len(in_use), 1)
            before = sum(self.sums())
            in_use[0].signal(fault)
            start = time.monotonic()
            # Batches of before the fault may still be committed; what matters is that later ones are.
            time.sleep(0.2)
            before = sum(self.sums()) + callers.made[True] // 50
            eventually(lambda: sum(self.sums()) > before)
            self.assert_within(1.5, time.monotonic() - start)
            if fault == signal.SIGKILL:
                n = self.reporters.index(in_use[0])
                in_use[0].kill()
                self.reporters[n] = self.start_reporter(self.ports[n])
            else:
                in_use[0].signal(signal.SIGCONT)
        self.counted_exactly(callers.stop())

    @staticmethod
    def is_connected(reporter):
        return reporter.log().count("reporter.agent_joined") > reporter.log().count("reporter.agent_left")

    def test_a_frozen_database_is_waited_for(self):
        self.start_fleet()
        callers = load(self.agent_port, 30)
        time.sleep(0.5)
        memory = self.reporters[0].memory_kb()
        self.database.freeze()
        try:
            time.sleep(6)
            self.assertLess(self.reporters[0].memory_kb() - memory, 100 * 1024)
            self.assertEqual(callers.unanswered, 0, "callers do not notice")
        finally:
            self.database.thaw()
        self.counted_exactly(callers.stop())
        self.assertNotIn("agent.reporter_lost", self.agent.log(), "a reporter that waits is no dead reporter")

    def test_roles_stop_well_while_the_database_hangs(self):
        self.start_fleet()
        callers = load(self.agent_port, 33)
        time.sleep(0.5)
        self.database.freeze()
        try:
            time.sleep(0.5)
            callers.stop()
            for role in (self.reporters[0], self.processes[0], self.agent):
                code, passed = role.terminate()
                self.assertEqual(code, 0, role.log()[-1000:])
                self.assert_within(5, passed)
        finally:
            self.database.thaw()

    def test_a_slow_database_delays_and_loses_nothing(self):
        pipe = slow_pipe(self.database.port, 0.05)
        self.addCleanup(pipe.close)
        reporter = self.start_reporter(url=self.url.replace(f"port={self.database.port}", f"port={pipe.port}"))
        agent = self.start_agent(self.start_dns(), reporter.port("reporter"))
        callers = load(agent.port("agent"), 31)
        time.sleep(3)
        self.counted_exactly(callers.stop())

    def test_a_read_only_database_is_waited_for(self):
        self.database.sql(f"CREATE OR REPLACE USER reader@'%' IDENTIFIED BY 'x'; GRANT SELECT ON {self.name}.* TO reader@'%'")
        url = f"mysql://db={self.name} user=reader password=x host=127.0.0.1 port={self.database.port}"
        reporter = self.start_reporter(url=url)
        agent = self.start_agent(self.start_dns(), reporter.port("reporter"))
        callers = load(agent.port("agent"), 32)
        time.sleep(1.5)
        self.assertTrue(reporter.alive())
        self.assertEqual(self.sums(), (0, 0))
        self.database.sql(f"GRANT ALL ON {self.name}.* TO reader@'%'")
        # Privileges count from a connection's next statement on; a table's from the next use of the database.
        self.counted_exactly(callers.stop())


class spool_test(fleet_test):
    """The agent's own disk, while no reporter is there."""

    def without_reporter(self, seed, seconds=1.5, **more):
        self.start_fleet(**more)
        self.reporters[0].kill()
        callers = load(self.agent_port, seed)
        time.sleep(seconds)
        return callers

    def test_results_wait_for_a_reporter_through_kills_of_the_agent(self):
        callers = self.without_reporter(40)
        for _ in range(3):
            with callers.quiet:
                self.agent.kill()
                self.restart_agent()
            time.sleep(0.4)
        made = callers.stop()
        self.start_reporter(self.ports[0])
        self.counted_exactly(made)

    def test_an_orderly_stop_leaves_nothing_behind_but_on_disk(self):
        callers = self.without_reporter(41)
        made = callers.stop()
        self.assertEqual(self.agent.terminate()[0], 0)
        self.start_reporter(self.ports[0])
        self.restart_agent()
        self.counted_exactly(made)

    def test_the_history_shows_when_calls_were_made_and_not_when_they_arrived(self):
        callers = self.without_reporter(42)
        made = callers.stop()
        made_until = time.time()
        time.sleep(11)
        self.start_reporter(self.ports[0])
        self.counted_exactly(made)
        newest = self.database.sql("SELECT MAX(bucket) FROM CallHistory", self.name)[0][0]
        self.assertLessEqual(int(newest), made_until)

    def test_a_cloned_state_directory_counts_once(self):
        callers = self.without_reporter(43)
        made = callers.stop()
        self.agent.kill()
        shutil.copytree(self.dir / "agent", self.dir / "clone", ignore=shutil.ignore_patterns("agent.sock"))
        self.start_reporter(self.ports[0])
        self.restart_agent()
        self.start_agent(self.dns, *self.ports, name="clone", **self.more)
        self.counted_exactly(made)

    def test_a_damaged_spool_is_put_aside_and_the_agent_goes_on(self):
        callers = self.without_reporter(44)
        lost = callers.stop()
        self.agent.kill()
        for file in (self.dir / "agent" / "status").iterdir():
            file.write_bytes(b"rubbish" * 1000)
        self.restart_agent()
        self.assertRegex(self.agent.log(), "damaged")
        callers = load(self.agent_port, 45)
        time.sleep(0.5)
        made = callers.stop()
        self.start_reporter(self.ports[0])
        self.counted_exactly(made)
        self.assertGreater(sum(lost), 0)

    def test_a_full_disk_delays_and_loses_nothing(self):
        small = self.dir / "agent"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "lars-test", small], capture_output=True)
        if mounted.returncode:
            self.skipTest("needs the right to mount a tmpfs")
        self.addCleanup(subprocess.run, ["umount", "-l", small], capture_output=True)
        callers = self.without_reporter(46)
        filler = small / "filler"
        with open(filler, "wb") as file, self.assertRaises(OSError):
            while True:
                file.write(b"x" * 65536)
                file.flush()
        time.sleep(1.5)
        self.assertTrue(self.agent.alive())
        with callers.quiet:
            self.agent.kill()
            filler.unlink()
            self.restart_agent()
        made = callers.stop()
        self.start_reporter(self.ports[0])
        self.counted_exactly(made)

    def test_a_bounded_spool_merges_and_loses_nothing(self):
        rows = "modid,cmdid,ip,port\n" + "".join(f"1,1,10.1.{n // 250}.{n % 250 + 1},90\n" for n in range(3000))
        self.lars("route", "import", "-", input=rows, storage__url=self.url)
        callers = self.without_reporter(47, 0.1, agent__spool_mb=2)
        # Until the callers have filled 2 MB, which takes as long as the machine lets them.
        merged = eventually(lambda: "agent.spool_merged" in self.agent.log(), timeout=8 * PATIENCE, interval=0.2)
        made = callers.stop()
        self.assertTrue(merged[0], "the bound was never reached")
        size = sum(file.stat().st_size for file in (self.dir / "agent" / "status").glob("*.spool"))
        self.assertLess(size, 3 << 20)
        self.start_reporter(self.ports[0])
        self.counted_exactly(made)


class reading_test(status_test):
    def test_a_failing_host_is_seen_within_seconds(self):
        reporter = self.start_reporter()
        agent = self.start_agent(self.start_dns(), reporter.port("reporter"), loadbalance__err_rate=0.1,
                                 loadbalance__contin_err_limit=15)
        self.isolate(self.caller(agent), MODULE, HOSTS[0])

        def isolated():
            shown = self.lars("status", *MODULE, "--format", "csv", code=None, storage__url=self.url).stdout
            rows = [line.split(",") for line in shown.splitlines()[1:]]
            return [row[8:10] for row in rows if row[2] == HOSTS[0][0]] == [["1", "1"]]

        self.assertTrue(eventually(isolated)[0])

    def test_the_bench_finds_every_call_it_sent(self):
        done = self.lars("bench", "report", "--agents", 4, "--results", 20000, "--keys", 4000, "--format", "json",
                         "--database-pid", self.database.process.pid, storage__url=self.url)
        figures = json.loads(done.stdout)
        self.assertGreater(figures["rows"], 4000)
        self.assertGreater(figures["rows_per_s"], 0)
        self.assertEqual(int(self.database.sql("SELECT COUNT(*) FROM ServerCallStatus", self.name)[0][0]) > 3900, True)

    def test_roles_in_one_process_keep_status_in_their_own_database(self):
        roles = self.start("all", state__dir=self.dir / "all", agent__report_interval_ms=100)
        roles.port("agent")
        self.lars("route", "add", 1, 1, "10.0.0.1:80", state__dir=self.dir / "all")
        caller = self.caller(roles)
        self.host_of(caller, MODULE)
        for _ in range(20):
            caller.report(*MODULE, ("10.0.0.1", 80), 0)

        def counted():
            done = self.lars("history", *MODULE, "--format", "csv", code=None, state__dir=self.dir / "all")
            return done.returncode == 0 and ",20," in done.stdout
        self.assertTrue(eventually(counted, interval=0.2)[0])


if __name__ == "__main__":
    unittest.main()
