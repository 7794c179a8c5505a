"""What tools/test says is what its runners counted: a test that fails, crashes, hangs or does not run is a failure."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from lars import ROOT


class runners_test(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lars-test-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def bash(self, script):
        done = subprocess.run(["bash", "-c", f"set -euo pipefail; source tools/runners; {script}"], cwd=ROOT,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

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


if __name__ == "__main__":
    unittest.main()
