"""How roles start, what refuses to start, and how they end."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import unittest

import wire
from lars import BINARY, PATIENCE, ROOT, environment, eventually, flags, free_port, lars_test
from mariadb import mariadb
from old_peers import old_dns


class refusal_test(lars_test):
    """One clear line, the right exit code, nothing started, nothing created."""

    def refused(self, code, *words, arguments=("--role=dns",), env=None, **settings):
        state = self.dir / "state"
        settings.setdefault("state__dir", state)
        settings.setdefault("dns__port", 0)
        for command in (list(arguments), ["check-config", *arguments]):
            if command[0] == "check-config" and code != 78:
                continue
            done = self.lars(*command, code=code, env=env, timeout=PATIENCE, **settings)
            lines = done.stderr.strip().splitlines()
            self.assertEqual(len(lines), 1, done.stderr)
            for word in words:
                self.assertIn(str(word), lines[0])
            self.assertEqual(done.stdout, "")
        self.assertFalse(state.exists(), "nothing is created")

    def file(self, text):
        path = self.dir / "lars.conf"
        path.write_text(text)
        return path

    def test_an_unknown_key_is_refused_with_file_line_and_key(self):
        path = self.file("; a comment\n[dns]\nport = 0\nprot = 1\n")
        self.refused(78, path, "4", "prot", arguments=("--role=dns", "--config", path))

    def test_an_unknown_section_is_refused(self):
        path = self.file("[nds]\nport=1\n")
        self.refused(78, path, "nds", arguments=("--role=dns", "--config", path))

    def test_a_value_out_of_range_is_refused_with_what_is_allowed(self):
        path = self.file("[dns]\nport = 70000\n")
        done = self.lars("--role=dns", "--config", path, code=78, state__dir=self.dir / "state")
        for word in (str(path), "2", "port", "65535"):
            self.assertIn(word, done.stderr)

    def test_a_path_in_quotes_or_with_a_comment_is_refused_and_nothing_of_that_name_is_made(self):
        for value, why in ((f'"{self.dir}/lars.log"', "quotes"), (f"{self.dir}/lars.log ; the log", "comment")):
            path = self.file(f"[log]\nfile = {value}\n")
            self.refused(78, f"{path}:2: [log] file", why, arguments=("--role=dns", "--config", path))
            self.assertEqual([one.name for one in self.dir.iterdir()], ["lars.conf"])

    def test_a_value_that_is_no_number_is_refused(self):
        self.refused(78, "poll_interval_ms", "fast", dns__poll_interval_ms="fast")

    def test_a_share_over_one_is_refused(self):
        self.refused(78, "err_rate", arguments=("--role=agent",), loadbalance__err_rate=1.5, agent__port=0)

    def test_a_file_that_is_not_there_is_refused(self):
        path = self.dir / "absent.conf"
        self.refused(78, path, arguments=("--role=dns", "--config", path))

    def test_a_bad_environment_variable_is_refused_by_name(self):
        self.refused(78, "LARS_DNS_POLL_INTERVAL_MS", env={"LARS_DNS_POLL_INTERVAL_MS": "often"})

    def test_an_unknown_environment_variable_of_a_section_is_refused(self):
        self.refused(78, "LARS_DNS_PROT", env={"LARS_DNS_PROT": "1"})

    def test_a_bad_setting_on_the_command_line_is_refused(self):
        self.refused(78, "dns.prot", arguments=("--role=dns", "--set", "dns.prot=1"))
        self.refused(78, "dns.port", arguments=("--role=dns", "--set", "dns.port=-1"))

    def test_a_storage_address_of_an_unknown_kind_is_refused(self):
        self.refused(78, "storage.url", storage__url="oracle://somewhere")

    def test_flags_that_do_not_exist_are_usage_errors(self):
        for arguments in ((), ("--role=cook",), ("--role=",), ("--rule=dns",), ("--role=dns", "extra"), ("cook",),
                          ("--role=dns", "--config")):
            with self.subTest(arguments=arguments):
                done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False,
                                      env=environment(LARS_STATE_DIR=self.dir / "state", LARS_DNS_PORT=0))
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertNotEqual(done.stderr, "")

    def test_a_taken_port_is_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as holder:
            port = holder.getsockname()[1]
            done = self.lars("--role=dns", code=1, dns__port=port, state__dir=self.dir / "state", timeout=PATIENCE)
            self.assertIn(str(port), done.stderr)
            self.assertEqual(done.stdout, "")

    def test_a_taken_udp_port_is_refused(self):
        port = free_port(3)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", port + 1))
            done = self.lars("--role=agent", code=1, agent__port=port, state__dir=self.dir / "state", timeout=PATIENCE)
            self.assertIn(str(port + 1), done.stderr)

    def test_a_state_directory_that_cannot_be_made_is_refused(self):
        (self.dir / "file").write_text("")
        done = self.lars("--role=agent", code=1, agent__port=0, state__dir=self.dir / "file" / "state", timeout=PATIENCE)
        self.assertIn(str(self.dir / "file" / "state"), done.stderr)

    def test_an_old_file_is_for_exactly_one_role(self):
        path = self.file("[reactor]\nip=127.0.0.1\nport=0\n[mysql]\ndb_host=127.0.0.1\ndb_port=3306\ndb_user=u\n"
                         "db_passwd=p\ndb_name=lars_dns\n")
        done = self.lars("--role=dns,agent", "--config", path, code=78, timeout=PATIENCE)
        self.assertIn(str(path), done.stderr)


class check_config_test(lars_test):
    def test_a_good_configuration_is_accepted_without_starting_anything(self):
        state = self.dir / "state"
        self.lars("check-config", "--role=all", state__dir=state)
        self.assertFalse(state.exists())

    def test_the_files_that_come_with_lars_are_good(self):
        files = sorted((ROOT / "config").glob("*.conf"))
        self.assertTrue(files)
        for path in files:
            with self.subTest(path.name):
                role = {"dns": "dns", "agent": "agent"}.get(path.stem, "all")
                self.lars("check-config", f"--role={role}", "--config", path)

    def test_flags_win_over_environment_over_file_over_default(self):
        path = self.dir / "lars.conf"
        ports = [free_port() for _ in range(3)]
        path.write_text(f"[dns]\nport = {ports[0]}\n[state]\ndir = {self.dir / 'state'}\n")
        first = self.start("dns", config=path)
        self.assertEqual(first.port("dns"), ports[0])
        second = self.start("dns", config=path, env={"LARS_DNS_PORT": ports[1]})
        self.assertEqual(second.port("dns"), ports[1])
        third = self.start("dns", config=path, env={"LARS_DNS_PORT": ports[1]}, dns__port=ports[2])
        self.assertEqual(third.port("dns"), ports[2])


class old_file_test(lars_test):
    """The configuration files already in the field start the matching role as they are."""

    def test_an_old_dns_file_starts_dns_on_its_database(self):
        server = mariadb()
        self.addCleanup(server.stop)
        server.create("lars_dns")
        port = free_port()
        path = self.dir / "lars_dns.conf"
        path.write_text(
            "[reactor]\nmaxConn = 1024\nthreadNum = 5\nip = 127.0.0.1\n"
            f"port = {port}\n\n[mysql]\ndb_host = 127.0.0.1\ndb_port = {server.port}\ndb_user = lars\n"
            "db_passwd = lars pass\ndb_name = lars_dns\n")
        dns = self.start("dns", config=path, state__dir=self.dir / "state")
        self.assertEqual(dns.port("dns"), port)
        session = self.session(dns)
        session.ask(1, 1)
        self.assertEqual(session.route(), ((1, 1), []))
        self.assertTrue(eventually(lambda: self.lars("route", "add", 1, 1, "10.0.0.1:80", code=None,
                                                     storage__url=server.url("lars_dns")).returncode == 0, 10, 0.2)[0])
        self.assertEqual(session.route(), ((1, 1), [("10.0.0.1", 80)]))

    def test_an_old_agent_file_starts_the_agent_with_its_remotes(self):
        dns = old_dns({(1, 1): [("192.168.1.1", 7777)]})
        self.addCleanup(dns.close)
        path = self.dir / "lars_lb_agent.conf"
        path.write_text(
            "[reporter]\nip = 127.0.0.1\nport = 7779\n\n"
            f"[dnsserver]\nip = 127.0.0.1\nport = {dns.port}\n\n"
            "[loadbalance]\n;after so many picks one probe\nprobe_num=10\ninit_succ_cnt=180\ninit_err_cnt=5\n"
            "err_rate=0.1\nsucc_rate=0.5\ncontin_err_limit=3\ncontin_succ_limit=15\nwindow_err_rate=0.7\n"
            "idle_timeout=15\noverload_timeout=15\nupdate_timeout=15\n")
        agent = self.start("agent", config=path, state__dir=self.dir / "state", agent__port=0)
        caller = self.caller(agent)
        self.assertEqual(self.host_of(caller, (1, 1)), ("192.168.1.1", 7777))
        for _ in range(3):
            caller.report(1, 1, ("192.168.1.1", 7777), 1)
        self.assertEqual(caller.get_host(1, 1)[0], wire.OVERLOAD, "contin_err_limit=3 is obeyed")


class ending_test(lars_test):
    def test_sigterm_and_sigint_end_every_role_in_time_with_code_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            for roles in ("dns", "agent", "dns,agent", "all"):
                with self.subTest(roles=roles, signal=number):
                    process = self.start(roles, state__dir=self.dir / f"state-{roles}-{int(number)}")
                    process.port("agent" if roles in ("agent", "all") else "dns")
                    busy = [self.session(process) for _ in range(5)] if roles != "agent" else []
                    for one in busy:
                        one.ask(1, 1)
                    start = time.monotonic()
                    process.signal(number)
                    self.assertEqual(process.process.wait(PATIENCE), 0)
                    self.assert_within(5, time.monotonic() - start)

    def test_a_killed_role_starts_again_on_the_same_directory(self):
        for _ in range(3):
            process = self.start("dns,agent")
            process.port("agent")
            process.kill()
        process = self.start("dns,agent")
        process.port("agent")
        self.assertEqual(process.terminate()[0], 0)

    def test_sighup_does_not_end_a_role(self):
        process = self.start("dns,agent")
        process.port("agent")
        process.signal(signal.SIGHUP)
        time.sleep(0.3)
        self.assertTrue(process.alive())

    def test_a_log_file_moved_away_is_opened_anew_on_sighup(self):
        path = self.dir / "lars.log"
        process = self.start("dns", log__file=path)
        process.port("dns")
        path.rename(self.dir / "old.log")
        process.signal(signal.SIGHUP)
        self.session(process).ask(1, 1)
        self.assertTrue(eventually(path.exists)[0])

    def test_stdout_holds_the_listening_lines_alone(self):
        process = self.start("all")
        process.port("agent")
        process.port("http")
        process.terminate()
        self.assertEqual(sorted(line.split()[0:2] for line in process.lines if line),
                         [["listening", f"role={role}"] for role in ("agent", "dns", "http", "reporter")])

    def test_descriptors_that_are_closed_at_the_start_become_no_sockets_and_files(self):
        port = free_port()
        arguments = ["--role=all", *flags({"dns.port": 0, "reporter.port": 0, "agent.port": 0, "http.port": port,
                                           "state.dir": self.dir / "state"})]
        close = lambda: [os.close(file) for file in (0, 1, 2)]
        role = subprocess.Popen([BINARY, *arguments], env=environment(), preexec_fn=close)
        self.addCleanup(lambda: (role.kill(), role.wait()))

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        self.assertTrue(eventually(listens)[0])
        for file in 0, 1, 2:
            self.assertEqual(os.readlink(f"/proc/{role.pid}/fd/{file}"), "/dev/null")
        role.terminate()
        self.assertEqual(role.wait(PATIENCE), 0)

    def test_a_log_in_json_is_one_object_a_line(self):
        process = self.start("dns,agent", log__format="json", log__level="debug")
        process.port("agent")
        process.terminate()
        lines = process.log().splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertIsInstance(json.loads(line), dict)

    def test_many_files_may_be_open(self):
        process = self.start("dns")
        process.port("dns")
        limits = pathlib.Path(f"/proc/{process.process.pid}/limits").read_text()
        soft, hard = next(line for line in limits.splitlines() if line.startswith("Max open files")).split()[3:5]
        self.assertEqual(soft, hard)


class state_directory_test(lars_test):
    def test_the_state_directory_follows_systemd_then_the_user(self):
        cases = [
            ({"STATE_DIRECTORY": self.dir / "systemd", "HOME": self.dir}, self.dir / "systemd"),
            ({"LARS_STATE_DIR": self.dir / "variable", "STATE_DIRECTORY": self.dir / "no"}, self.dir / "variable"),
        ]
        for env, expected in cases:
            with self.subTest(expected=expected):
                process = subprocess.Popen([BINARY, "--role=dns", *flags({"dns.port": 0})], env=environment(**env),
                                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                try:
                    self.assertIn("listening", process.stdout.readline())
                    self.assertTrue((expected / "lars.db").exists(), os.listdir(self.dir))
                finally:
                    process.kill()
                    process.wait()
                    process.stdout.close()


class service_links_test(lars_test):
    """In a namespace of Kubernetes with services called lars-dns, lars-agent and so on."""

    @staticmethod
    def links():
        made = {}
        for name, protocol, port in (("DNS", "tcp", 7778), ("AGENT", "udp", 8888), ("REPORTER", "tcp", 7779), ("HTTP", "tcp", 80)):
            service, url = f"LARS_{name}", f"{protocol}://10.96.0.7:{port}"
            one = f"{service}_PORT_{port}_{protocol.upper()}"
            made.update({f"{service}_SERVICE_HOST": "10.96.0.7", f"{service}_SERVICE_PORT": port,
                         f"{service}_SERVICE_PORT_MAIN": port, f"{service}_PORT": url, one: url, f"{one}_PROTO": protocol,
                         f"{one}_PORT": port, f"{one}_ADDR": "10.96.0.7"})
        return made

    def test_commands_and_roles_take_them_for_no_settings(self):
        url = f"sqlite3://{self.dir / 'lars.db'}"
        self.lars("migrate", env=self.links(), storage__url=url)
        self.lars("route", "list", env=self.links(), storage__url=url)
        self.lars("check-config", "--role=all", env=self.links())
        role = self.start("all", env=self.links(), log__level="debug")
        self.assertNotEqual(role.port("http"), 80)
        self.assertIn("app.service_link_ignored variable=LARS_DNS_PORT", role.log())
        self.assertNotIn("10.96.0.7", role.log())

    def test_a_setting_of_the_same_name_stays_one_and_a_wrong_name_is_refused(self):
        said = self.lars("check-config", env={**self.links(), "LARS_DNS_PORT": 7788}).stdout
        self.assertIn("; from LARS_DNS_PORT\nport = 7788\n", said)
        for name in ("LARS_DNS_SERVICE", "LARS_DNS_PORT_NUMBER"):
            self.assertIn(name, self.lars("check-config", env={**self.links(), name: "7788"}, code=78).stderr)


if __name__ == "__main__":
    unittest.main()
