"""Runs the system tests, several test classes at a time, each in a process of its own.

usage: in_parallel.py [-j PROCESSES] [-k PATTERN]... [-s DIRECTORY] [--limit SECONDS]

As soon as one ends the next begins, longest first. Output is printed a class at a time; totals and what failed follow in the
format of unittest. A class fails if its process ends early, runs longer than the limit, or reports other tests than it has.
Running no test fails.
"""

import argparse
import collections
import faulthandler
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

# Seconds that the slowest classes take on two cores; others count as one. Only the order depends on it.
SECONDS = {
    "test_hunt.hunt_test": 230,
    "test_status.fault_test": 82,
    "test_status.spool_test": 65,
    "test_storms.storm_test": 54,
    "test_status.counting_test": 50,
    "test_packages.package_test": 48,
    "test_docs.commands_test": 41,
    "test_wrong_clocks.wrong_clock_test": 37,
    "test_frozen_reporter.frozen_reporter_test": 33,
    "test_demo.demo_test": 32,
    "test_demoted.demoted_test": 26,
    "test_settings.settings_test": 25,
    "test_main_job.mariadb_test": 23,
    "test_library.program_test": 22,
    "test_metrics.prometheus_test": 20,
    "test_bench.bench_test": 19,
    "test_check_layers.check_layers_test": 19,
    "test_main_job.sqlite_test": 18,
    "test_sharing.hunt_test": 18,
    "test_cli.agent_commands_test": 16,
    "test_late_progress.late_progress_test": 16,
    "test_downgraded_reporter.downgraded_reporter_test": 15,
    "test_run_dir.removed_test": 15,
    "test_faults.dns_fault_test": 14,
    "test_faults.agent_fault_test": 12,
    "test_bench.system_call_test": 11,
    "test_cli.mariadb_route_test": 11,
    "test_full_disk.full_disk_test": 11,
}
LIMIT_S = 900.0


def patterns(words):
    """As `unittest -k`: a word without a `*` may occur anywhere in a test's name."""
    return [word if "*" in word else f"*{word}*" for word in words] or None


def tests_in(suite):
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from tests_in(one)
        else:
            yield one


def name_of(kind):
    return f"{kind.__module__}.{kind.__qualname__}"


# --- one class, in a process of its own ------------------------------------------------------------------------------


def run_class(name, loader, result_path, limit):
    faulthandler.dump_traceback_later(limit, exit=True)
    result = unittest.TextTestRunner(verbosity=2).run(loader.loadTestsFromName(name))
    told = {
        "ran": result.testsRun,
        "skipped": len(result.skipped),
        "failures": [[str(test), text] for test, text in result.failures] +
                    [[str(test), "unexpected success\n"] for test in result.unexpectedSuccesses],
        "errors": [[str(test), text] for test, text in result.errors],
    }
    pathlib.Path(result_path).write_text(json.dumps(told))
    return 0 if result.wasSuccessful() else 1


# --- all of them -----------------------------------------------------------------------------------------------------


class totals:
    def __init__(self):
        self.ran = self.skipped = 0
        self.failures, self.errors = [], []

    def add(self, ran, skipped, failures, errors):
        self.ran += ran
        self.skipped += skipped
        self.failures += failures
        self.errors += errors

    def print(self, seconds):
        for kind, found in ("FAIL", self.failures), ("ERROR", self.errors):
            for test, text in found:
                print(f"\n{kind}: {test}\n{textwrap.indent(text, '  ')}")
        counts = [f"{name}={count}" for name, count in (("failures", len(self.failures)), ("errors", len(self.errors)),
                                                       ("skipped", self.skipped)) if count]
        print(f"\nRan {self.ran} tests in {seconds:.1f}s\n")
        print(("OK" if self.well() else "FAILED") + (f" ({', '.join(counts)})" if counts else ""), flush=True)

    def well(self):
        return self.ran > 0 and not self.failures and not self.errors


class running_class:
    """The process of one class. All processes that its tests leave behind end with it."""

    def __init__(self, kind, tests, work, arguments):
        self.name, self.tests = name_of(kind), tests
        self.result_path, self.output_path = work / f"{self.name}.json", work / f"{self.name}.log"
        self.began = time.monotonic()
        with open(self.output_path, "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-u", __file__, "--class", self.name, "--result", self.result_path, *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, process_group=0)

    def end(self):
        if self.process.returncode is None:  # not waited for, so its group is still its own
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return self.process.wait()

    def report(self, into):
        """Ends the process, prints its output and adds its counts."""
        code = self.end()
        print(f"-- {self.name}: {self.tests} tests, {time.monotonic() - self.began:.1f} s")
        print(textwrap.indent(self.output_path.read_text(errors="replace"), "  "), flush=True)
        try:
            told = json.loads(self.result_path.read_text())
        except (OSError, ValueError):
            into.add(1, 0, [], [[self.name, f"its process ended with {code} before its tests did\n"]])
            return
        into.add(**told)
        failed = bool(told["failures"] or told["errors"])
        explained = failed or told["skipped"]  # a class that is not set up runs fewer tests than it has
        if code != int(failed) or (told["ran"] != self.tests and not explained):
            into.errors.append([self.name, f"{told['ran']} of {self.tests} tests ran, its process ended with {code}\n"])


def run_all(options, classes, arguments, into):
    """`classes`: {class: number of tests}."""
    order = sorted(classes, key=lambda kind: (-SECONDS.get(name_of(kind), 1), name_of(kind)))
    waiting, running = collections.deque(order), {}
    work = pathlib.Path(tempfile.mkdtemp(prefix="lars-test-"))
    try:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                kind = waiting.popleft()
                one = running_class(kind, classes[kind], work, arguments)
                running[one.process.pid] = one
            # Nobody else starts processes here, and without being waited for an ended one keeps its id.
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT).si_pid
            running.pop(ended).report(into)
    except KeyboardInterrupt:
        for one in running.values():
            one.report(into)
        into.add(1, 0, [], [["the run", f"stopped; {len(running)} classes were running, {len(waiting)} were waiting\n"]])
    finally:
        for one in running.values():
            one.end()
        shutil.rmtree(work, ignore_errors=True)


def stop(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-j", dest="jobs", type=int, default=2, help="classes at a time")
    parser.add_argument("-k", dest="patterns", action="append", default=[], help="as of unittest")
    parser.add_argument("-s", dest="directory", default=pathlib.Path(__file__).parent, help="where test_*.py are")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="the most seconds that one class may take")
    parser.add_argument("--class", dest="name", help=argparse.SUPPRESS)
    parser.add_argument("--result", help=argparse.SUPPRESS)
    options = parser.parse_args()

    loader = unittest.TestLoader()
    loader.testNamePatterns = patterns(options.patterns)
    sys.path.insert(0, str(options.directory))
    if options.name:
        return run_class(options.name, loader, options.result, options.limit)

    began = time.monotonic()
    into, classes = totals(), collections.Counter()
    for test in tests_in(loader.discover(str(options.directory))):
        if type(test).__module__ == "unittest.loader":  # stands for a module that cannot be imported
            result = unittest.TestResult()
            test.run(result)
            into.add(1, 0, [], [[str(one), text] for one, text in result.errors])
        else:
            classes[type(test)] += 1
    signal.signal(signal.SIGTERM, stop)
    run_all(options, classes, [*(f"-k{word}" for word in options.patterns), "-s", options.directory,
                               "--limit", str(options.limit)], into)
    into.print(time.monotonic() - began)
    return 0 if into.well() else 1


if __name__ == "__main__":
    sys.exit(main())
