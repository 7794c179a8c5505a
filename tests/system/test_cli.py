"""The commands a person types: what they print, in each format, and what they exit with."""

import contextlib
import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

import http_port
from lars import BINARY, PATIENCE, ROOT, environment, eventually, flags, free_port, lars_test
from mariadb import OLD_SCHEMA, mariadb

HEADER = ["modid", "cmdid", "ip", "port", "weight", "zone", "state"]


class route_commands:
    """Tests of `lars route`; mixed into a class that knows a database."""

    def command(self, *arguments, **more):
        return self.lars(*arguments, storage__url=self.url, **more)

    def rows(self, *arguments):
        text = self.command("route", "list", *arguments, "--format", "csv").stdout
        lines = list(csv.reader(io.StringIO(text)))
        self.assertEqual(lines[0], HEADER)
        return [tuple(line) for line in lines[1:]]

    def test_a_host_added_is_listed_and_a_host_removed_is_not(self):
        self.command("route", "add", 1, 2, "192.168.1.1:7777")
        self.command("route", "add", 1, 2, "10.0.0.1:80", "--weight", 7, "--zone", "north")
        self.assertEqual(self.rows(), [("1", "2", "10.0.0.1", "80", "7", "north", "up"),
                                       ("1", "2", "192.168.1.1", "7777", "100", "", "up")])
        self.command("route", "remove", 1, 2, "10.0.0.1:80")
        self.assertEqual([row[2] for row in self.rows()], ["192.168.1.1"])

    def test_adding_twice_is_no_error_and_makes_no_second_row(self):
        for _ in range(2):
            self.command("route", "add", 1, 1, "10.0.0.1:80")
        self.assertEqual(len(self.rows()), 1)

    def test_set_changes_what_it_names_alone(self):
        self.command("route", "add", 1, 1, "10.0.0.1:80", "--weight", 5, "--zone", "a")
        self.command("route", "set", 1, 1, "10.0.0.1:80", "--state", "drain")
        self.assertEqual(self.rows(), [("1", "1", "10.0.0.1", "80", "5", "a", "drain")])
        self.command("route", "set", 1, 1, "10.0.0.1:80", "--weight", 0, "--zone", "", "--state", "up")
        self.assertEqual(self.rows(), [("1", "1", "10.0.0.1", "80", "0", "", "up")])

    def test_what_is_not_there_is_exit_3(self):
        self.command("route", "set", 1, 1, "10.0.0.1:80", "--weight", 5, code=3)
        self.command("route", "remove", 1, 1, "10.0.0.1:80", code=3)
        self.command("route", "add", 1, 1, "10.0.0.1:80")
        self.command("route", "remove", 1, 1, "10.0.0.1:81", code=3)
        self.assertEqual(len(self.rows()), 1)

    def test_what_is_not_allowed_is_exit_2_and_changes_nothing(self):
        for arguments in (
            ("add", 1, 1, "localhost:80"), ("add", 1, 1, "10.0.0.1"), ("add", 1, 1, "10.0.0.1:0"),
            ("add", 1, 1, "10.0.0.1:65536"), ("add", 1, 1, "10.0.0.256:80"), ("add", 1, 1, "[::1]:80"),
            ("add", "x", 1, "10.0.0.1:80"), ("add", 1, 1 << 31, "10.0.0.1:80"), ("add", 1, "10.0.0.1:80"),
            ("add", 1, 1, "10.0.0.1:80", "--weight", 10001), ("add", 1, 1, "10.0.0.1:80", "--weight", "-1"),
            ("add", 1, 1, "10.0.0.1:80", "--zone", "z" * 65), ("set", 1, 1, "10.0.0.1:80", "--state", "ill"),
            ("add", 1, 1, "10.0.0.1:80", "--colour", "red"), ("paint", 1, 1), (), ("list", 1), ("list", "--format", "xml"),
        ):
            with self.subTest(arguments=arguments):
                done = self.command("route", *arguments, code=2)
                self.assertEqual(done.stdout, "")
                self.assertNotEqual(done.stderr, "")
        self.assertEqual(self.rows(), [])

    def test_modules_with_negative_numbers_work(self):
        self.command("route", "add", -5, -2147483648, "10.0.0.1:80")
        self.assertEqual(self.rows("-5", "-2147483648"), [("-5", "-2147483648", "10.0.0.1", "80", "100", "", "up")])

    def test_a_list_is_of_all_modules_or_of_one(self):
        self.command("route", "add", 1, 1, "10.0.0.1:80")
        self.command("route", "add", 2, 2, "10.0.0.2:80")
        self.assertEqual(len(self.rows()), 2)
        self.assertEqual([row[:2] for row in self.rows("2", "2")], [("2", "2")])
        self.assertEqual(self.rows("3", "3"), [])

    def test_rows_come_as_json_with_numbers_as_numbers(self):
        self.command("route", "add", 1, 2, "192.168.1.1:7777", "--zone", 'a"b')
        listed = json.loads(self.command("route", "list", "--format", "json").stdout)
        self.assertEqual(listed, [{"modid": 1, "cmdid": 2, "ip": "192.168.1.1", "port": 7777, "weight": 100,
                                   "zone": 'a"b', "state": "up"}])

    def test_a_table_is_for_people(self):
        self.command("route", "add", 1, 2, "192.168.1.1:7777")
        for arguments in ((), ("--format", "table")):
            lines = self.command("route", "list", *arguments).stdout.splitlines()
            self.assertEqual(lines[0].split(), HEADER)
            self.assertEqual(lines[-1].split(), ["1", "2", "192.168.1.1", "7777", "100", "up"])

    def test_what_is_exported_can_be_imported(self):
        for n, zone in enumerate(("", "a,b", 'quo"te', "zürich", "'; drop table RouteData; --")):
            self.command("route", "add", 1, n, f"10.0.0.{n + 1}:80", "--zone", zone)
        before = self.rows()
        exported = self.command("route", "export").stdout
        self.assertEqual(exported.splitlines()[0], ",".join(HEADER))
        for n in range(5):
            self.command("route", "remove", 1, n, f"10.0.0.{n + 1}:80")
        self.assertEqual(self.rows(), [])
        path = self.dir / "routes.csv"
        path.write_text(exported)
        self.command("route", "import", path)
        self.assertEqual(self.rows(), before)

    def test_four_columns_are_enough_to_import(self):
        self.command("route", "import", "-", input="modid,cmdid,ip,port\n1,1,10.0.0.1,80\n1,1,10.0.0.2,80\n")
        self.assertEqual(len(self.rows()), 2)
        self.assertEqual(self.rows()[0], ("1", "1", "10.0.0.1", "80", "100", "", "up"))

    def test_an_import_is_all_or_nothing_and_tells_the_line(self):
        self.command("route", "add", 9, 9, "10.0.0.9:80")
        for bad in ("1,1,10.0.0.2,99999", "1,1,nowhere,80", "1,1,10.0.0.2", "x,1,10.0.0.2,80"):
            with self.subTest(bad):
                done = self.command("route", "import", "-", code=1,
                                    input=f"modid,cmdid,ip,port\n1,1,10.0.0.1,80\n{bad}\n1,1,10.0.0.3,80\n")
                self.assertRegex(done.stderr, r"\b3\b")
        self.assertEqual(len(self.rows()), 1)

    def test_an_import_with_replace_leaves_exactly_what_the_file_has(self):
        for n in range(1, 4):
            self.command("route", "add", 1, 1, f"10.0.0.{n}:80")
        self.command("route", "add", 2, 2, "10.0.0.1:80")
        self.command("route", "import", "-", "--replace", 1, 1,
                     input="modid,cmdid,ip,port\n1,1,10.0.0.2,80\n1,1,10.0.0.7,80\n")
        self.assertEqual([row[2] for row in self.rows("1", "1")], ["10.0.0.2", "10.0.0.7"])
        self.assertEqual(len(self.rows("2", "2")), 1)
        refused = self.command("route", "import", "-", "--replace", 1, 1, code=1,
                               input="modid,cmdid,ip,port\n2,2,10.0.0.2,80\n")
        self.assertNotEqual(refused.stderr, "")
        self.assertEqual(len(self.rows("1", "1")), 2)

    def test_an_import_of_a_file_that_is_not_there_fails(self):
        done = self.command("route", "import", self.dir / "absent.csv", code=None)
        self.assertIn(done.returncode, (1, 2))
        self.assertIn("absent.csv", done.stderr)

    def test_files_of_spreadsheets_are_read_and_their_delimiter_is_named(self):
        for name, delimiter in (("comma", ","), ("semicolon", ";"), ("tab", "\t")):
            text = "\ufeffmodid,cmdid,ip,port,weight,zone\r\n1,1,10.0.0.1,80,5,north\r\n".replace(",", delimiter)
            done = self.command("route", "import", "-", "--replace", 1, 1, input=text)
            self.assertIn(f"1 hosts read ({name}-separated)", done.stderr)
            self.assertEqual(self.rows(), [("1", "1", "10.0.0.1", "80", "5", "north", "up")])

    def test_a_large_import_is_quick(self):
        rows = "modid,cmdid,ip,port\n" + "".join(f"{n // 5},1,10.0.{n % 5}.1,{n % 5 + 1}\n" for n in range(50_000))
        self.command("route", "import", "-", input=rows, timeout=PATIENCE)
        self.assertEqual(len(self.rows()), 50_000)


class sqlite_route_test(route_commands, lars_test):
    def setUp(self):
        super().setUp()
        self.url = f"sqlite3://{self.dir / 'routes.db'}"
        self.lars("migrate", storage__url=self.url)


class mariadb_route_test(route_commands, lars_test):
    @classmethod
    def setUpClass(cls):
        cls.server = mariadb()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        super().setUp()
        self.url = self.server.create("lars_dns")
        self.lars("migrate", storage__url=self.url)

    def test_an_old_schema_is_used_as_far_as_it_goes(self):
        self.url = self.server.create("lars_dns", OLD_SCHEMA)
        self.server.sql("insert into ServerCallStatus values (1, 1, 167772161, 80, 1, 5, 0, unix_timestamp(), '0')", "lars_dns")
        self.command("route", "add", 1, 1, "10.0.0.1:80")
        self.command("route", "add", -1, 1, "10.0.0.2:80")
        self.command("route", "remove", -1, 1, "10.0.0.2:80")
        self.assertEqual([row[:5] for row in self.rows()], [("1", "1", "10.0.0.1", "80", "100")])
        seen = self.command("status", "--format", "json")
        self.assertEqual([row["told_by"] for row in json.loads(seen.stdout)], [1])
        message = "lars: the database has another schema: it lacks tables or columns that this needs; run `lars migrate`\n"
        self.assertEqual(seen.stderr, message.replace("lars: ", "lars: no rates and latencies: ", 1))
        for refused in (("route", "add", 1, 1, "10.0.0.3:80", "--weight", 7), ("route", "set", 1, 1, "10.0.0.1:80", "--zone", "eu"),
                        ("module", "list"), ("module", "show", 1, 1), ("module", "set", 1, 1, "--policy", "random"),
                        ("module", "unset", 1, 1), ("history", 1, 1)):
            self.assertEqual(self.command(*refused, code=78).stderr, message, refused)
        self.command("route", "remove", 1, 1, "10.0.0.1:80")
        status = self.command("migrate", "--status").stdout
        self.assertNotEqual(status, "")
        planned = self.command("migrate", "--dry-run").stdout
        self.assertIn("weight", planned)
        self.assertNotIn("weight", [row[0] for row in self.server.sql("show columns from RouteData", "lars_dns")])
        self.command("migrate")
        self.command("route", "add", 1, 1, "10.0.0.1:80")
        self.assertEqual(len(self.rows()), 1)
        self.command("migrate")
        self.server.sql("insert into RouteData(modid, cmdid, serverip, serverport) values (1, 1, 3232235777, 7777)",
                        "lars_dns")
        self.assertEqual([row[2] for row in self.rows()], ["10.0.0.1", "192.168.1.1"])

    def test_a_server_that_takes_small_packets_takes_a_large_import(self):
        before = self.server.sql("select @@global.max_allowed_packet")[0][0]
        self.addCleanup(self.server.sql, f"set global max_allowed_packet={before}")
        self.server.sql("set global max_allowed_packet=8192")
        text = "modid,cmdid,ip,port,weight,zone\n" + "".join(
            f"{n - 500},1,10.0.{n % 250}.{n % 3},80,{n % 9 + 1},{chr(39) * 54}{n:010}\n" for n in range(1000))
        self.command("route", "import", "-", input=text)
        self.assertEqual(len(self.rows()), 1000)
        self.command("route", "import", "-", input=text.replace(",80,", ",81,").replace(chr(39), "x"))
        self.command("route", "import", "-", input=text.replace(chr(39), "y"))
        self.assertEqual(len(self.rows()), 2000)
        dns = self.start("dns", storage__url=self.url)
        self.assertEqual(len(self.session_route(dns, (499, 1))), 2)

    def test_an_editor_whose_clock_is_wrong_goes_by_that_of_the_database(self):
        shim = self.dir / "shifted_clock.so"
        subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
                        ROOT / "tests" / "system" / "shifted_clock.c", "-o", shim], check=True)
        self.server.sql("insert into RouteChange (modid, cmdid, version)"
                        " select 7, 7, unix_timestamp() - 3600 from seq_1_to_2000", "lars_dns")
        for n, years in enumerate((3, -3)):
            shifted = {"LD_PRELOAD": shim, "CLOCK_SHIFT_S": years * 365 * 86400}
            told = subprocess.run(["date", "+%s"], capture_output=True, check=True, env=environment(**shifted))
            self.assertGreater(abs(int(told.stdout) - time.time()), 86400)
            self.command("route", "add", 1, 1, f"10.0.0.{n + 1}:80", env=shifted)
            ahead = self.server.sql("select version - unix_timestamp() from RouteVersion where id = 1", "lars_dns")
            self.assertLess(abs(int(ahead[0][0])), 30)
            kept = self.server.sql("select count(*) from RouteChange where modid = 7", "lars_dns")
            self.assertEqual(kept[0][0], "2000")

    def session_route(self, dns, key):
        one = self.session(dns)
        one.ask(*key)
        return one.route()[1]

    def test_passwords_are_shown_nowhere(self):
        url = self.server.url("lars_dns").replace("'lars pass'", "'secret word'")
        done = self.lars("route", "list", storage__url=url, code=1)
        self.assertNotIn("secret", done.stdout + done.stderr)


class no_database_test(lars_test):
    def test_commands_never_create_a_database(self):
        path = self.dir / "absent.db"
        for arguments in (("route", "list"), ("route", "add", 1, 1, "10.0.0.1:80"), ("route", "export"),
                          ("migrate", "--status"), ("migrate", "--dry-run")):
            with self.subTest(arguments=arguments):
                done = self.lars(*arguments, code=78, storage__url=f"sqlite3://{path}")
                self.assertIn(str(path), done.stderr)
                self.assertFalse(path.exists())

    def test_a_database_that_does_not_answer_is_exit_1(self):
        done = self.lars("route", "list", code=1, storage__url="mysql://db=x user=y password=z host=127.0.0.1 port=1")
        self.assertEqual(len(done.stderr.strip().splitlines()), 1)


class agent_commands_test(lars_test):
    def setUp(self):
        super().setUp()
        self.both = self.start("dns,agent")
        self.port = self.both.port("agent")
        self.state = self.dir / "state"

    def command(self, *arguments, **more):
        return self.lars(*arguments, state__dir=self.state, agent__port=self.port, **more)

    def add(self, *hosts):
        for host in hosts:
            self.command("route", "add", 1, 1, host)
        self.route_becomes(self.caller(self.both), (1, 1), [(h.split(":")[0], int(h.split(":")[1])) for h in hosts])

    def test_get_host_prints_a_host(self):
        self.add("192.168.1.1:7777")
        self.assertEqual(self.command("get-host", 1, 1).stdout, "192.168.1.1:7777\n")
        self.assertEqual(json.loads(self.command("get-host", 1, 1, "--format", "json").stdout),
                         {"modid": 1, "cmdid": 1, "retcode": 0, "ip": "192.168.1.1", "port": 7777})

    def test_get_host_of_an_unknown_module_is_exit_3(self):
        done = self.command("get-host", 404, 404, code=3)
        self.assertEqual(done.stdout, "")
        self.assertNotEqual(done.stderr, "")
        self.assertEqual(json.loads(self.command("get-host", 404, 404, "--format", "json", code=3).stdout)["retcode"], 3)

    def test_get_host_of_an_overloaded_module_is_exit_1(self):
        self.add("10.0.0.1:80")
        for _ in range(15):
            self.command("report", 1, 1, "10.0.0.1:80", 1)
        self.assertEqual(json.loads(self.command("get-host", 1, 1, "--format", "json", code=1).stdout)["retcode"], 1)

    def test_get_host_without_an_agent_is_exit_1_in_time(self):
        done = self.lars("get-host", 1, 1, agent__port=1, code=1, timeout=PATIENCE)
        self.assertEqual(done.stdout, "")
        self.assertNotEqual(done.stderr, "")

    def test_get_route_prints_every_host(self):
        self.add("10.0.0.1:80", "192.168.1.1:7777")
        listed = json.loads(self.command("get-route", 1, 1, "--format", "json").stdout)
        self.assertEqual(sorted((row["ip"], row["port"]) for row in listed), [("10.0.0.1", 80), ("192.168.1.1", 7777)])
        self.command("get-route", 404, 404, code=3)

    def explain(self, *arguments, **more):
        return self.lars("explain", *arguments, http__port=self.both.port("http"), **more)

    def test_explain_tells_who_is_in_who_is_out_and_why(self):
        self.command("module", "set", 1, 1, "--policy", "p2c", "tau=5s")
        self.add("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80")
        self.command("route", "set", 1, 1, "10.0.0.3:80", "--state", "drain")
        self.route_becomes(self.caller(self.both), (1, 1), [("10.0.0.1", 80), ("10.0.0.2", 80)])
        for _ in range(15):
            self.command("report", 1, 1, "10.0.0.2:80", 7)
        eventually(lambda: json.loads(self.explain(1, 1, "--format", "json").stdout)["overloaded"] == 1)
        self.assertEqual(self.both.log().count("agent.host_isolated modid=1 cmdid=1 host=10.0.0.2:80"), 1)
        told = json.loads(self.explain(1, 1, "--format", "json").stdout)
        self.assertEqual((told["policy"], told["mode"], told["idle"], told["overloaded"]), ("p2c", "latency", 1, 1))
        self.assertEqual((told["parameters"]["choices"], told["parameters"]["tau"]), ("2", "5s"))
        hosts = {host["ip"]: host for host in told["hosts"]}
        self.assertEqual([hosts[f"10.0.0.{n}"]["out_because"] for n in (1, 2, 3)], [None, "overloaded", "drained"])
        self.assertEqual((hosts["10.0.0.2"]["failures"], hosts["10.0.0.2"]["verdict"]), (0, "overloaded"))
        self.assertEqual((hosts["10.0.0.1"]["in"], hosts["10.0.0.1"]["chance"]), (True, 1))
        lines = self.explain(1, 1).stdout.splitlines()
        self.assertRegex(lines[0], r"^policy p2c, mode latency choices=2 ")
        self.assertRegex(lines[1], r"^1 idle, 1 overloaded, 0 reporting load of 3 hosts")
        self.assertEqual(len(lines), 6)
        rows = list(csv.DictReader(io.StringIO(self.explain(1, 1, "--format", "csv").stdout)))
        self.assertEqual(sorted((row["ip"], row["state"], row["out_because"]) for row in rows),
                         [("10.0.0.1", "up", ""), ("10.0.0.2", "up", "overloaded"), ("10.0.0.3", "drain", "drained")])

    def test_explain_shows_the_zone_of_a_host(self):
        self.add("10.0.0.1:80", "10.0.0.2:80")
        self.command("route", "set", 1, 1, "10.0.0.1:80", "--zone", "eu \"1\"")
        self.route_becomes(self.caller(self.both), (1, 1), [("10.0.0.1", 80), ("10.0.0.2", 80)])

        def zones():
            told = json.loads(self.explain(1, 1, "--format", "json").stdout)
            return {host["ip"]: host["zone"] for host in told["hosts"]}

        eventually(lambda: zones() == {"10.0.0.1": 'eu "1"', "10.0.0.2": ""})
        self.command("route", "set", 1, 1, "10.0.0.1:80", "--zone", "us")
        eventually(lambda: zones()["10.0.0.1"] == "us")
        rows = list(csv.DictReader(io.StringIO(self.explain(1, 1, "--format", "csv").stdout)))
        self.assertEqual(sorted((row["ip"], row["zone"]) for row in rows), [("10.0.0.1", "us"), ("10.0.0.2", "")])

    def test_explain_with_a_key_says_that_no_policy_looks_at_it(self):
        self.add("10.0.0.1:80")
        done = self.explain(1, 1, "--key", "user-17")
        self.assertIn("--key has no effect with policy lars", done.stderr)
        self.assertIn("there are none yet", self.explain("--help").stdout)

    def test_explain_of_an_unknown_module_is_exit_3(self):
        done = self.explain(404, -404, code=3)
        self.assertEqual(done.stdout, "")
        self.assertIn("module 404 -404", done.stderr)

    def test_explain_without_an_agent_is_exit_1_in_time(self):
        done = self.lars("explain", 1, 1, http__port=1, code=1, timeout=PATIENCE)
        self.assertEqual(done.stdout, "")
        self.assertIn("127.0.0.1:1", done.stderr)
        self.lars("explain", 1, 1, http__port="x", code=78)

    def test_explain_does_not_wait_for_a_silent_server_nor_read_an_endless_one(self):
        def pour(listener):
            peer, _ = listener.accept()
            with peer, contextlib.suppress(OSError):
                while True:
                    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n" * 1000)

        with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as endless:
            self.lars("explain", 1, 1, http__port=silent.getsockname()[1], code=1, timeout=PATIENCE)
            pouring = threading.Thread(target=pour, args=(endless,))
            pouring.start()
            done = self.lars("explain", 1, 1, http__port=endless.getsockname()[1], code=1, timeout=PATIENCE)
            pouring.join()
            self.assertIn("too large", done.stderr)

    def test_the_agent_refuses_to_explain_what_is_no_module(self):
        for query in ("", "?modid=1", "?modid=1&cmdid=x", "?modid=1&cmdid=4294967296", "?modid=&cmdid=1"):
            self.assertEqual(http_port.get(self.both.port("http"), "/explain" + query)[0], 400, query)
        self.assertEqual(http_port.get(self.both.port("http"), "/explain?cmdid=1&modid=1")[0], 404)

    def test_reports_are_heard(self):
        self.add("10.0.0.1:80", "10.0.0.2:80")
        for _ in range(15):
            self.command("report", 1, 1, "10.0.0.1:80", 7)
        caller = self.caller(self.both)
        self.assertEqual([caller.get_host(1, 1)[1] for _ in range(11)].count(("10.0.0.1", 80)), 1)

    def simulate(self, *arguments):
        return self.command("simulate", 1, 1, *arguments, http__port=self.both.port("http"), timeout=5 * PATIENCE)

    def test_simulate_tells_the_host_that_fails(self):
        self.add("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80")
        rows = list(csv.DictReader(io.StringIO(self.simulate(
            "--calls", 3000, "--pace", 0, "--fail", "10.0.0.2:80=10", "--format", "csv").stdout)))
        self.assertEqual(list(rows[0]), ["ip", "port", "calls", "succ", "err", "isolated_at_ms", "returned_at_ms"])
        by_ip = {row["ip"]: row for row in rows}
        self.assertEqual(sum(int(row["calls"]) for row in rows), 3000)
        for row in rows:
            self.assertEqual(int(row["calls"]), int(row["succ"]) + int(row["err"]))
        bad = by_ip["10.0.0.2"]
        self.assertEqual(bad["succ"], "0")
        self.assertNotEqual(bad["isolated_at_ms"], "")
        self.assertEqual(bad["returned_at_ms"], "")
        self.assertLess(int(bad["calls"]), 500)
        for ip in ("10.0.0.1", "10.0.0.3"):
            self.assertEqual((by_ip[ip]["err"], by_ip[ip]["isolated_at_ms"]), ("0", ""))

    def test_simulate_with_an_error_rate_fails_so_many_calls_on_every_host(self):
        self.add("10.0.0.1:80", "10.0.0.2:80")
        rows = json.loads(self.simulate("--calls", 400, "--pace", "0", "--error-rate", 1, "--format", "json").stdout)
        for row in rows:
            self.assertAlmostEqual(row["err"] / row["calls"], 0.1, delta=0.06)

    def test_simulate_isolates_no_healthy_host_and_uses_all_whatever_the_policy(self):
        self.add(*(f"10.0.0.{n}:80" for n in range(1, 6)))
        # A slow moment of a host is soon forgotten where calls take their time: a busy machine has many.
        for policy, pace, *parameters in (("p2c", "3ms", "tau=100ms"), ("p2c", "0"), ("random", "0"), ("least_request", "0")):
            with self.subTest(policy=policy, pace=pace):
                self.command("module", "set", 1, 1, "--policy", policy, *parameters)
                eventually(lambda wanted=policy: json.loads(self.explain(1, 1, "--format", "json").stdout)["policy"] == wanted)
                done = self.simulate("--calls", 2000, "--pace", pace, "--format", "json")
                rows = json.loads(done.stdout)
                self.assertEqual(done.stderr, "")
                self.assertEqual([row["isolated_at_ms"] for row in rows], [None] * 5)
                self.assertEqual([row["returned_at_ms"] for row in rows], [None] * 5)
                if pace != "0":
                    self.assertGreater(min(row["calls"] for row in rows), 50)

    def test_simulate_tells_a_return(self):
        self.add("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80")
        for _ in range(15):
            self.command("report", 1, 1, "10.0.0.2:80", 1)
        row = json.loads(self.simulate("--calls", 2000, "--pace", "0", "--format", "json").stdout)[1]
        self.assertLess(row["isolated_at_ms"], row["returned_at_ms"])

    def test_simulate_without_the_agents_http_port_claims_nothing_of_isolation(self):
        self.add("10.0.0.1:80", "10.0.0.2:80")
        done = self.command("simulate", 1, 1, "--calls", 200, "--pace", 0, "--fail", "10.0.0.1:80=10", "--format", "json",
                            http__port=1)
        self.assertEqual({row["isolated_at_ms"] for row in json.loads(done.stdout)}, {None})
        self.assertIn("not known", done.stderr)

    def test_calls_of_simulate_take_their_time(self):
        self.add("10.0.0.1:80")
        for pace, least in ((("--pace", "20ms"), 0.5), ((), 0.15)):
            start = time.monotonic()
            self.simulate("--calls", 25, *pace)
            self.assertGreater(time.monotonic() - start, least)
        for pace in ("fast", "5", "-1ms", "61s", "ms", ""):
            self.assertIn("pace", self.command("simulate", 1, 1, "--pace", pace, code=2).stderr)

    def test_simulate_of_an_unknown_module_is_exit_3(self):
        self.command("simulate", 404, 404, "--calls", 10, code=3)

    def test_bench_qps_measures(self):
        self.add("10.0.0.1:80")
        done = self.command("bench", "qps", "--threads", 1, "--seconds", 1, "--format", "json")
        figures = json.loads(done.stdout)
        for name in ("calls_per_second", "p50_us", "p99_us", "p999_us"):
            self.assertGreater(figures[name], 0, name)


class help_test(unittest.TestCase):
    def run_lars(self, *arguments):
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True, env=environment(), timeout=PATIENCE,
                              check=False)

    def test_the_version_is_told(self):
        for argument in ("version", "--version"):
            done = self.run_lars(argument)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r"^lars \d+\.\d+\.\d+")

    def test_help_is_everywhere(self):
        whole = self.run_lars("--help")
        self.assertEqual(whole.returncode, 0)
        commands = (["route"], ["route", "add"], ["get-host"], ["get-route"], ["report"], ["explain"], ["simulate"], ["migrate"],
                    ["check-config"], ["demo"], ["bench"], ["bench", "qps"], ["bench", "route"])
        for command in commands:
            with self.subTest(command=command):
                done = self.run_lars(*command, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertTrue(re.search(re.escape(command[0]), done.stdout))
                self.assertIn(command[0], whole.stdout)


class output_test(lars_test):
    """Output that cannot be written is exit 1 with the reason, whatever the command."""

    def setUp(self):
        super().setUp()
        self.url = f"sqlite3://{self.dir / 'routes.db'}"
        self.lars("migrate", storage__url=self.url)
        self.lars("route", "add", 1, 1, "10.0.0.1:80", storage__url=self.url)
        self.lars("module", "set", 1, 1, "--policy", "random", storage__url=self.url)

    def run_to(self, stdout, *arguments, **more):
        return subprocess.run([BINARY, *map(str, arguments)], stdout=stdout, stderr=subprocess.PIPE, text=True,
                              env=environment(LARS_STORAGE_URL=self.url), timeout=PATIENCE, check=False, **more)

    def commands(self):
        yield from (("--help",), ("version",), ("help", "route"), ("route", "--help"), ("route", "add", "--help"),
                    ("check-config",), ("check-config", "--help"), ("bench", "--help"), ("bench", "qps", "--help"),
                    ("demo", "--help"), ("migrate", "--status"), ("route", "export"), ("status", "--watch"),
                    ("bench", "policy", "--list"))
        for form in ("table", "json", "csv"):
            yield from ((*words, "--format", form) for words in (("route", "list"), ("module", "list"), ("status",)))
        yield ("module", "show", 1, 1)

    def test_a_full_device(self):
        for command in self.commands():
            with self.subTest(command=command), open("/dev/full", "w") as full:
                done = self.run_to(full, *command)
                self.assertEqual((done.returncode, done.stderr),
                                 (1, "lars: cannot write to standard output: No space left on device\n"))

    def test_a_closed_stdout(self):
        for command in self.commands():
            with self.subTest(command=command):
                done = self.run_to(None, *command, preexec_fn=lambda: os.close(1))
                self.assertEqual((done.returncode, done.stderr),
                                 (1, "lars: cannot write to standard output: Bad file descriptor\n"))

    def test_a_command_that_prints_nothing_needs_no_stdout(self):
        done = self.run_to(None, "route", "add", 1, 1, "10.0.0.2:80", preexec_fn=lambda: os.close(1))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.run_to(None, "route", "add", preexec_fn=lambda: os.close(1)).returncode, 2)

    def test_a_reader_that_left_is_no_news(self):
        for command in (("route", "export"), ("--help",), ("status", "--watch"), ("demo",)):
            for ignored in (signal.SIG_DFL, signal.SIG_IGN):
                with self.subTest(command=command, ignored=ignored):
                    reading, writing = os.pipe()
                    os.close(reading)
                    done = self.run_to(writing, *command, restore_signals=False,
                                       preexec_fn=lambda how=ignored: signal.signal(signal.SIGPIPE, how) and None)
                    os.close(writing)
                    self.assertEqual((done.returncode, done.stderr), (141, ""))

    @staticmethod
    def is_ready(port):
        with contextlib.suppress(OSError):
            return http_port.get(port, "/readyz")[0] == 200
        return False

    def test_a_role_serves_without_a_stdout(self):
        port, log = free_port(), self.dir / "log"
        for opened in ("/dev/full", None):
            with self.subTest(opened=opened), open(log, "w") as stderr:
                out = open(opened, "w") if opened else None
                role = subprocess.Popen([BINARY, "--role=dns", *flags({"dns.port": 0, "http.port": port, "state.dir": self.dir})],
                                        stdout=out, stderr=stderr, env=environment(),
                                        preexec_fn=None if opened else (lambda: os.close(1)))
                self.addCleanup(role.kill)
                ready, _ = eventually(lambda: self.is_ready(port))
                self.assertTrue(ready, log.read_text())
                self.assertIn("app.ports_not_announced", log.read_text())
                role.terminate()
                self.assertEqual(role.wait(PATIENCE), 0)
                if out:
                    with contextlib.suppress(OSError):
                        out.close()


if __name__ == "__main__":
    unittest.main()
