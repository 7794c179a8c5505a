"""What programs link: a project of somebody else's, built against what is installed, and run against a real agent."""

import ctypes
import os
import pathlib
import re
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import wire
from lars import BINARY, ROOT, environment, eventually, free_port, lars_test

BUILD = pathlib.Path(os.environ.get("LARS_TEST_BUILD", BINARY.parent))
CONSUMER = ROOT / "tests" / "consumer"
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]


def told(*command, **more):
    """Runs a command that has to succeed, returns what it says."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class tree:
    """The two library packages' files below a directory, made once for all tests of this file."""

    made = None

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="lars-test-"))
        for component in ("liblars1", "liblars-dev"):
            told("cmake", "--install", BUILD, "--component", component, env={**os.environ, "DESTDIR": str(self.root)})
        self.libraries = next(self.root.rglob("liblars.so")).parent
        self.include = next(self.root.rglob("lars_api.h")).parent
        self.programs = self.root / "consumer"

    @classmethod
    def get(cls):
        if cls.made is None:
            cls.made = cls()
            unittest.addModuleCleanup(shutil.rmtree, cls.made.root)
        return cls.made

    def built(self):
        """The directory of the consumer project's programs."""
        if not self.programs.is_dir():
            told("cmake", "-G", "Ninja", "-S", CONSUMER, "-B", self.programs, f"-DCMAKE_PREFIX_PATH={self.include.parent}")
            told("cmake", "--build", self.programs)
        return self.programs

    def pkg_config(self, *arguments):
        directory = str(self.libraries / "pkgconfig")
        return told("pkg-config", *arguments, "lars", env={
            **os.environ, "PKG_CONFIG_LIBDIR": directory, "PKG_CONFIG_SYSROOT_DIR": str(self.root)}).split()


def defined(library, *options):
    """Names that a library offers to programs, without their versions. Unique ones are variables of inline functions."""
    lines = [line.split() for line in told("nm", "--defined-only", "--extern-only", *options, library).splitlines()]
    return sorted(line[2] for line in lines if len(line) == 3 and line[1] not in "Au")


class binary_test(unittest.TestCase):
    def setUp(self):
        self.tree = tree.get()
        self.functions = sorted(re.findall(r"^LARS_API .*?(lars_\w+)\(", (self.tree.include / "lars/lars.h").read_text(), re.M))

    def test_the_shared_library_offers_what_the_header_declares_and_no_more(self):
        self.assertGreater(len(self.functions), 8)
        names = defined(self.tree.libraries / "liblars.so.1", "--dynamic")
        self.assertEqual(names, [f"{name}@@LARS_1" for name in self.functions])

    def test_the_static_library_offers_the_same(self):
        self.assertEqual(defined(self.tree.libraries / "liblars.a"), self.functions)

    def test_the_shared_library_needs_libc_and_libstdcxx_alone(self):
        dynamic = told("readelf", "--dynamic", "--wide", self.tree.libraries / "liblars.so.1")
        needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
        self.assertLessEqual(needed, {"libc.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libm.so.6"})
        self.assertEqual(re.findall(r"\(SONAME\).*\[(.*)\]", dynamic), ["liblars.so.1"])

    def test_a_program_that_links_statically_needs_no_library_of_ours(self):
        programs = self.tree.built()
        for name, expected in (("c_program", True), ("c_program_static", False), ("cpp_program_static", False)):
            with self.subTest(name):
                self.assertEqual("liblars" in told("readelf", "--dynamic", programs / name), expected)

    def test_it_may_be_loaded_at_run_time(self):
        library = ctypes.CDLL(str(self.tree.libraries / "liblars.so.1"))
        library.lars_version.restype = library.lars_strerror.restype = ctypes.c_char_p
        self.assertIn(f"VERSION {library.lars_version().decode()} ", (ROOT / "CMakeLists.txt").read_text())
        self.assertEqual(library.lars_strerror(3), b"no such module")


class header_test(unittest.TestCase):
    """Each public header compiles by itself in the oldest language it is for, without a warning."""

    def compiles(self, header, *compiler):
        told(*compiler, *STRICT, "-fsyntax-only", f"-I{tree.get().include}", "-", input=f"#include <{header}>\nint main(void) {{ return 0; }}\n")

    def test_the_c_header(self):
        for compiler in (["gcc", "-std=c99"], ["gcc", "-std=c11", "-Wstrict-prototypes"], ["clang-14", "-std=c99"]):
            self.compiles("lars/lars.h", *compiler, "-xc")
        for language in ("c++11", "c++20"):
            self.compiles("lars/lars.h", "g++", f"-std={language}", "-xc++")

    def test_the_cpp_headers(self):
        for header in ("lars/client.hpp", "lars/load.hpp"):
            self.compiles(header, "g++", "-std=c++20", "-Wconversion", "-Wshadow", "-xc++")
            self.compiles(header, "clang++-14", "-std=c++20", "-xc++")

    def test_the_old_header(self):
        for language in ("c++11", "c++20"):
            self.compiles("lars_api.h", "g++", f"-std={language}", "-Wconversion", "-Wshadow", "-xc++")


def fields_of(body):
    """{number: value} of a message whose fields need not be known: numbers, doubles and bytes as they come."""
    found, at = {}, 0
    while at < len(body):
        tag, at = wire.take_varint(body, at)
        if tag & 7 == 0:
            found[tag >> 3], at = wire.take_varint(body, at)
        elif tag & 7 == 1:
            found[tag >> 3], at = struct.unpack_from("<d", body, at)[0], at + 8
        else:
            size, at = wire.take_varint(body, at)
            found[tag >> 3], at = body[at:at + size], at + size
    return found


class recording_agent:
    """Answers every pick with one host, and keeps what is reported: the fields of each report."""

    HOST = ("10.0.0.7", 8080)

    def __init__(self):
        self.port = free_port(3)
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
        for offset, one in enumerate(self.sockets):
            one.bind(("127.0.0.1", self.port + offset))
        self.reports = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while not self.over.is_set():
            for one in select.select(self.sockets, [], [], 0.05)[0]:
                data, who = one.recvfrom(65536)
                message_id, body = wire.split_frame(data)
                if message_id == wire.GET_HOST:
                    asked = fields_of(body)
                    answer = {"seq": asked[1], "modid": asked[2], "cmdid": asked[3], "host": wire.host_info(*self.HOST)}
                    one.sendto(wire.frame(wire.HOST, wire.encode("GetHostResponse", answer)), who)
                if message_id == wire.REPORT:
                    self.reports.append(fields_of(body))

    def close(self):
        self.over.set()
        self.thread.join()
        for one in self.sockets:
            one.close()


class document_test(unittest.TestCase):
    def test_the_examples_of_the_document_compile(self):
        examples = re.findall(r"^```(c|cpp)\n(.*?)^```", (ROOT / "docs" / "library.md").read_text(), re.M | re.S)
        self.assertEqual([language for language, _ in examples], ["c", "cpp", "cpp", "c", "cpp"])
        for language, text in examples:
            compiler = ["gcc", "-std=c99", "-xc"] if language == "c" else ["g++", "-std=c++20", "-xc++"]
            told(*compiler, *STRICT, "-fsyntax-only", f"-I{tree.get().include}", "-", input=text)

    def test_each_result_and_variable_is_explained(self):
        text = (ROOT / "docs" / "library.md").read_text()
        for name in ("LARS_OK", "LARS_OVERLOAD", "LARS_SYSTEM_ERROR", "LARS_NO_SUCH_MODULE", "LARS_CLIENT_DIR",
                     "LARS_CLIENT_UDP"):
            self.assertIn(f"`{name}`", text)


class program_test(lars_test):
    """The consumer's programs against a running dns and agent with one module, 1 1."""

    def setUp(self):
        super().setUp()
        self.programs = tree.get().built()

    def start_with(self, *hosts, **more):
        both = self.start("dns,agent", **more)
        self.port = both.port("agent")
        for host in hosts:
            self.lars("route", "add", "1", "1", host, state__dir=self.dir / "state")
        asking = self.caller(both)
        self.route_becomes(asking, (1, 1), [(host.split(":")[0], int(host.split(":")[1])) for host in hosts])
        return asking

    def program(self, name, *arguments, code=0, **env):
        """Runs a program of the consumer's to its end; returns its lines."""
        settings = {"LARS_CLIENT_UDP": f"127.0.0.1:{self.port}", "LARS_CLIENT_DIR": self.dir / "no-agent-here", **env}
        done = subprocess.run([self.programs / name, *map(str, arguments)], env=environment(**settings),
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, f"{name}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.splitlines()

    def test_a_c_program_gets_hosts_and_the_route(self):
        self.start_with("10.0.0.7:8080", "192.168.1.1:7777")
        for name in ("c_program", "c_program_static"):
            with self.subTest(name):
                lines = self.program(name, 1, 1, "succeed", 10)
                self.assertEqual(len(lines), 11)
                self.assertEqual(set(lines[:10]), {"0 10.0.0.7:8080", "0 192.168.1.1:7777"})
                self.assertEqual(sorted(lines[10].split()), ["10.0.0.7:8080", "192.168.1.1:7777", "route"])

    def test_a_c_programs_failures_shield_a_host_and_what_it_abandons_or_loses_does_not(self):
        self.start_with("10.0.0.7:8080")
        self.assertEqual(set(self.program("c_program", 1, 1, "abandon", 60)[:-1]), {"0 10.0.0.7:8080"})
        self.assertEqual(set(self.program("c_program", 1, 1, "lose", 60)[:-1]), {"0 10.0.0.7:8080"})
        self.assertIn("1", self.program("c_program", 1, 1, "fail", 60))

    def test_reports_without_a_call_count_as_well(self):
        self.start_with("10.0.0.7:8080")
        self.assertIn("1", self.program("c_program", 1, 1, "report", 60))

    def test_a_cpp_program_does_the_same(self):
        self.start_with("10.0.0.7:8080")
        for name in ("cpp_program", "cpp_program_static"):
            for how in ("succeed", "abandon", "drop"):
                with self.subTest(name=name, how=how):
                    lines = self.program(name, 1, 1, how, 40)
                    self.assertEqual(lines, ["10.0.0.7:8080"] * 40 + ["route 10.0.0.7:8080"])
        self.assertIn("every host of the module is overloaded", self.program("cpp_program", 1, 1, "fail", 60))

    def test_a_program_written_for_the_old_interface(self):
        self.start_with("10.0.0.7:8080", "192.168.1.1:7777")
        lines = self.program("old_program", 1, 1, 20, 0)
        self.assertEqual(sorted(lines[:2]), ["ip = 10.0.0.7, port = 8080", "ip = 192.168.1.1, port = 7777"])
        self.assertEqual(lines[2:], ["called 10.0.0.7:8080 10 times", "called 192.168.1.1:7777 10 times"])
        self.assertIn("get_host error code 1", self.program("old_program", 1, 1, 100, 1))

    def test_the_old_interface_allocates_nothing_once_warm(self):
        self.start_with("203.113.113.254:65535", "10.0.0.7:8080", agent__run_dir=self.dir / "run")
        for name, directory in (("memory", self.dir / "run"), ("udp", self.dir / "no-agent-here")):
            calls = 20000 if name == "memory" else 300
            with self.subTest(name):
                # Where the machine withholds the agent for a while, a thread picks without it, and allocates for that
                # once. Such a run says nothing.
                for _ in range(5):
                    line = self.program("old_warm", 1, 1, 3000, calls, LARS_CLIENT_DIR=directory)
                    failed, allocations, before = map(
                        int, re.fullmatch(r"failed (\d+) allocations (\d+) of (\d+)", line[0]).groups())
                    self.assertEqual(failed, 0)
                    self.assertGreater(before, 0)
                    if allocations == 0:
                        break
                self.assertEqual(allocations, 0)

    def test_calls_are_reported_with_the_time_they_took_where_it_is_known(self):
        agent = recording_agent()
        self.addCleanup(agent.close)
        self.port = agent.port

        def reported(count):
            eventually(lambda: len(agent.reports) >= count)
            reports, agent.reports = agent.reports, []
            self.assertEqual(len(reports), count, reports)
            return [(report.get(4, 0), report.get(6)) for report in reports]  # retcode and latency

        self.program("c_program", 1, 1, "succeed", 5)
        for retcode, latency in reported(5):
            self.assertEqual(retcode, 0)
            self.assertTrue(0 < latency < 5_000_000, latency)
        self.program("c_program", 1, 1, "fail", 2)
        self.assertEqual([retcode for retcode, _ in reported(2)], [7, 7])
        self.program("c_program", 1, 1, "report", 2)
        self.assertEqual(reported(2), [(7, 1500)] * 2)
        self.program("c_program", 1, 1, "abandon", 5)
        self.program("cpp_program", 1, 1, "drop", 5)
        self.program("cpp_program", 1, 1, "fail", 1)
        self.assertEqual([retcode for retcode, _ in reported(1)], [1])
        # The last report of the old program is about a host that it did not pick.
        self.program("old_program", 1, 1, 20, 0)
        *own, foreign = reported(21)
        self.assertTrue(all(retcode == 0 and latency for retcode, latency in own), own)
        self.assertEqual(foreign, (0, None))

    def test_a_backend_says_how_loaded_it_is_and_its_caller_passes_that_on(self):
        agent = recording_agent()
        self.addCleanup(agent.close)
        self.port = agent.port
        for form, prefix in (("text", "TEXT cpu_utilization="), ("json", 'JSON {"cpu_utilization":')):
            with self.subTest(form):
                header, load, result = self.program("load_program", 1, 1, form)
                self.assertTrue(header.startswith(prefix), header)
                self.assertEqual(result, "0")
                utilization, qps, eps, in_flight = map(float, load.split())
                # Calls of 5 ms of processor time each: no more than 200 a second, however busy the machine is.
                self.assertTrue(0 < qps <= 205, load)
                self.assertTrue(0.1 <= eps / qps <= 0.3, load)
                self.assertTrue(0 < utilization < 2, load)
                self.assertEqual(in_flight, 1)
                told = self.told_load(agent)
                self.assertEqual(told, (3, utilization, qps, eps))
        self.program("cpp_program", 1, 1, "finish", 1)
        self.assertEqual(self.told_load(agent), (3, 0.25, 80, 0.5))

    def told_load(self, agent):
        """Cost and load in the one report that has come."""
        eventually(lambda: len(agent.reports) == 1)
        (report,), agent.reports = agent.reports, []
        self.assertEqual(report[4], 7)
        return tuple(report[number] for number in (7, 8, 9, 10))

    def test_an_unknown_module_is_told_as_such(self):
        self.start_with("10.0.0.7:8080")
        self.assertEqual(self.program("c_program", 7, 7, "succeed", 1), ["3"])
        self.assertEqual(self.program("cpp_program", 7, 7, "succeed", 1), ["no such module"])
        lines = self.program("old_program", 7, 7, 1, 0)
        self.assertEqual(lines, ["module is not there, error code 3", "get_host error code 3"])

    def test_the_old_get_route_appends_and_takes_an_unknown_module_for_an_empty_one(self):
        self.start_with("10.0.0.7:8080")
        self.assertEqual(self.program("old_route", 1, 1), ["reg_init 0, get_route 0", "1.2.3.4:1", "10.0.0.7:8080"])
        self.assertEqual(self.program("old_route", 7, 7), ["reg_init 3, get_route 0", "1.2.3.4:1"])

    def test_without_an_agent_programs_are_told_at_once_and_served_once_there_is_one(self):
        self.port = free_port(3)
        for directory in (self.dir / "no-agent-here", ""):
            start = time.monotonic()
            self.assertEqual(self.program("c_program", 1, 1, "succeed", 1, LARS_CLIENT_DIR=directory), ["2"])
            # A refused port is an answer; to wait would be the pick's second, and the route's.
            self.assert_within(0.8, time.monotonic() - start)
        self.assertEqual(self.program("old_route", 1, 1), ["reg_init 2, get_route 2", "1.2.3.4:1"])
        self.start_with("10.0.0.7:8080")
        self.assertEqual(self.program("c_program", 1, 1, "succeed", 1)[0], "0 10.0.0.7:8080")

    def test_a_wrong_setting_is_refused(self):
        self.port = "rubbish"
        self.program("c_program", 1, 1, "succeed", 1, code=3)
        self.program("cpp_program", 1, 1, "succeed", 1, code=3)
        self.assertEqual(self.program("old_program", 1, 1, 1, 0)[-1], "get_host error code 2")

    def test_a_program_found_by_pkg_config(self):
        self.start_with("10.0.0.7:8080")
        installed = tree.get()
        self.assertIn(f"VERSION {installed.pkg_config('--modversion')[0]} ", (ROOT / "CMakeLists.txt").read_text())
        self.programs = self.dir
        told("gcc", "-std=c99", *STRICT, CONSUMER / "c_program.c", *installed.pkg_config("--cflags", "--libs"), "-o",
             self.dir / "shared")
        lines = self.program("shared", 1, 1, "succeed", 1, LD_LIBRARY_PATH=installed.libraries)
        self.assertEqual(lines[0], "0 10.0.0.7:8080")
        libs = " ".join(installed.pkg_config("--static", "--libs")).replace("-llars", "-l:liblars.a").split()
        told("gcc", "-std=c99", *STRICT, CONSUMER / "c_program.c", *installed.pkg_config("--cflags"), *libs, "-o",
             self.dir / "static")
        self.assertEqual(self.program("static", 1, 1, "succeed", 1)[0], "0 10.0.0.7:8080")


if __name__ == "__main__":
    unittest.main()
