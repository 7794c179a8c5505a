"""What tools/test says is what its runners counted: a test that fails, crashes, hangs or does not run is a failure."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import in_parallel
from lars import PATIENCE, ROOT, eventually


class counting(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lars-test-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def bash(self, script):
        done = subprocess.run(["bash", "-c", f"set -euo pipefail; source tools/runners; {script}"], cwd=ROOT,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout


class runners_test(counting):
    def counts_of(self, function, log, *more):
        path = self.dir / "log"
        path.write_text(log)
        return self.bash(f"{function} {path} {' '.join(map(str, more))}").strip()

    def test_catch_totals_are_counted(self):
        for log, counts in (
            ("All tests passed (345 assertions in 12 test cases)\n", "12 0"),
            ("All tests passed (1 assertion in 1 test case)\n", "1 0"),
            ("test cases:  12 |  11 passed | 1 failed\nassertions: 300 | 299 passed | 1 failed\n", "11 1"),
            ("test cases: 3 | 3 failed\n", "0 3"),
            ("test cases: 3 | 3 passed\nassertions: - none -\n", "3 0"),
            ("No tests ran\n", "0 1"),
            ("terminate called after throwing\n", "0 1"),
            ("", "0 1"),
        ):
            with self.subTest(log=log):
                self.assertEqual(self.counts_of("catch_counts", log), counts)

    def test_unittest_totals_are_counted(self):
        for log, code, counts in (
            ("Ran 187 tests in 31.8s\n\nOK\n", 0, "187 0"),
            ("Ran 1 test in 0.1s\n\nOK\n", 0, "1 0"),
            ("Ran 10 tests in 1s\n\nFAILED (failures=2, errors=1)\n", 1, "7 3"),
            ("Ran 10 tests in 1s\n\nFAILED (failures=2, errors=1, skipped=3)\n", 1, "4 3"),
            ("Ran 10 tests in 1s\n\nOK (skipped=4)\n", 0, "6 0"),
            ("killed\n", 124, "0 1"),
        ):
            with self.subTest(log=log):
                self.assertEqual(self.counts_of("unittest_counts", log, code), counts)

    def run_program(self, text):
        """The counts that a program adds, run as a stage would."""
        program = self.dir / "unit_fake"
        program.write_text(f"#!/bin/bash\n{text}\n")
        program.chmod(0o755)
        counts = self.dir / "counts"
        counts.write_text("")
        self.bash(f"counts={counts} stage_logs={self.dir} stage_tmp={self.dir} no_aslr=; run_program {program}")
        return counts.read_text().strip()

    def test_an_exit_code_that_the_totals_do_not_explain_is_a_failure(self):
        passed = "echo 'All tests passed (3 assertions in 3 test cases)'"
        self.assertEqual(self.run_program(passed), "3 0")
        self.assertEqual(self.run_program(f"{passed}; exit 23"), "3 1")
        self.assertEqual(self.run_program("kill -SEGV $$"), "0 1")
        self.assertEqual(self.run_program("echo 'test cases: 2 | 1 passed | 1 failed'; exit 1"), "1 1")

    def test_a_stage_that_there_is_not_is_refused(self):
        done = subprocess.run(["tools/test", "--only", "unit,dance"], cwd=ROOT, capture_output=True, text=True, check=False,
                              env=os.environ)
        self.assertEqual(done.returncode, 1)
        self.assertIn("dance", done.stderr)

    def test_ci_runs_the_same_command(self):
        done = subprocess.run([".ci/run", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
        self.assertIn("tools/test", done.stdout)


PLANTED = """
import os, time, unittest

class good(unittest.TestCase):
    def test_passes(self):
        print("OK (failures=7)")

    @unittest.skip("planted")
    def test_is_skipped(self):
        pass

class fails(unittest.TestCase):
    def test_fails(self):
        self.fail("planted")

class dies(unittest.TestCase):
    def test_a_passes(self):
        pass

    def test_b_ends_its_process(self):
        os._exit(0)

class dies_late(unittest.TestCase):
    def test_crashes_at_the_end(self):
        import atexit
        atexit.register(os.abort)

class hangs(unittest.TestCase):
    def test_hangs(self):
        time.sleep(600)

class is_not_set_up(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise RuntimeError("planted")

    def test_is_not_reached(self):
        pass

class leaves_a_process(unittest.TestCase):
    def test_leaves_a_process(self):
        import subprocess
        left = subprocess.Popen(["sleep", "600"])
        with open(os.environ["PLANTED_PID"], "w") as file:
            file.write(str(left.pid))
"""


class in_parallel_test(counting):
    def run_planted(self, *arguments, text=PLANTED, **more):
        """(passed, failed) as the stage counts them, and the output."""
        (self.dir / "test_planted.py").write_text(text)
        log = self.dir / "log"
        with open(log, "wb") as output:
            process = subprocess.Popen([sys.executable, ROOT / "tests" / "system" / "in_parallel.py", "-s", self.dir,
                                        *arguments], stdout=output, stderr=output,
                                       env=dict(os.environ, PLANTED_PID=str(self.dir / "pid")), **more)
            self.addCleanup(lambda: process.poll() is None and process.kill())
            self.meanwhile(process, log)
            code = process.wait(PATIENCE)
        text = log.read_text()
        passed, failed = map(int, self.bash(f"unittest_counts {log} {code}").split())
        self.assertEqual(code != 0, failed > 0, text)
        return (passed, failed), text

    def meanwhile(self, process, log):
        pass

    def test_passed_and_skipped_tests_are_counted_whatever_they_print(self):
        self.assertEqual(self.run_planted("-k", "good")[0], (1, 0))

    def test_each_kind_of_failure_is_counted_and_named_at_the_end(self):
        for name in "fails", "dies", "dies_late", "is_not_set_up":
            with self.subTest(name):
                found, text = self.run_planted("-k", f"planted.{name}.")
                self.assertEqual(found, (0, 1), text)
                self.assertRegex(text, rf"(?m)^(FAIL|ERROR): .*\b{name}\b")

    def test_a_class_that_ends_its_process_does_not_end_the_others(self):
        found, text = self.run_planted("-k", "good", "-k", "test_planted.dies.", "-k", "fails")
        self.assertEqual(found, (1, 2), text)

    def test_a_class_that_hangs_is_ended_and_its_stack_shown(self):
        found, text = self.run_planted("-k", "hangs", "-k", "good", "--limit", "3")
        self.assertEqual(found, (1, 1), text)
        self.assertIn("in test_hangs", text)

    def test_a_module_that_cannot_be_imported_is_a_failure(self):
        found, text = self.run_planted(text="import planted_that_is_not_there")
        self.assertEqual(found, (0, 1), text)

    def test_no_test_at_all_is_a_failure(self):
        self.assertEqual(self.run_planted("-k", "nothing of this name")[0], (0, 1))
        self.assertEqual(self.run_planted(text="")[0], (0, 1))

    def test_processes_that_tests_leave_behind_are_ended(self):
        self.assertEqual(self.run_planted("-k", "leaves")[0], (1, 0))
        pid = int((self.dir / "pid").read_text())
        self.assertTrue(eventually(lambda: ended(pid))[0])

    def test_a_run_that_is_stopped_fails_and_names_what_ran(self):
        self.meanwhile = lambda process, log: (time.sleep(1), process.terminate())
        found, text = self.run_planted("-k", "hangs")
        self.assertGreater(found[1], 0, text)
        self.assertIn("test_planted.hangs", text)

    def test_names_of_slow_classes_are_those_of_classes(self):
        for name in in_parallel.SECONDS:
            module, kind = name.split(".")
            self.assertRegex((ROOT / "tests" / "system" / f"{module}.py").read_text(), rf"(?m)^class {kind}\(")


def ended(pid):
    """True of a process that is gone, or that nobody has waited for."""
    try:
        return "Z (zombie)" in pathlib.Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


if __name__ == "__main__":
    unittest.main()
