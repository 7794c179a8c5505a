"""`lars demo`: what callers received decides its exit code."""

import signal
import subprocess
import time
import unittest

from lars import BINARY, PATIENCE, environment, flags, lars_test

# Thresholds that no failure reaches: the failing host stays in.
NO_ISOLATION = {
    "loadbalance.err_rate": 1,
    "loadbalance.contin_err_limit": 1000000,
    "loadbalance.window_err_rate": 1,
    "loadbalance.idle_timeout": 3600,
}


class demo_test(lars_test):
    def demo(self, *arguments, **settings):
        start = time.monotonic()
        done = subprocess.run([BINARY, "demo", *arguments, *flags(settings)], capture_output=True, text=True,
                              env=environment(HOME=self.dir, TMPDIR=self.dir), timeout=PATIENCE, check=False)
        return done, time.monotonic() - start

    def test_once_ends_by_itself_in_time_and_well(self):
        done, passed = self.demo("--once")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_within(30, passed)
        self.assertRegex(done.stdout, "isolated")
        self.assertRegex(done.stdout, "(return|back)")
        self.assertEqual(done.stderr, "")  # no warning of what is only its end

    def test_without_isolation_it_fails(self):
        done, passed = self.demo("--once", **NO_ISOLATION)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assert_within(40, passed)

    def test_it_stays_up_until_told_to_stop_and_leaves_nothing_behind(self):
        before = set(self.dir.iterdir())
        process = subprocess.Popen([BINARY, "demo"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   env=environment(HOME=self.dir, TMPDIR=self.dir))
        try:
            time.sleep(5)
            self.assertIsNone(process.poll())
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0, out)
            self.assertIn("lars get-host", out.replace(str(BINARY), "lars"))
            self.assertEqual(set(self.dir.iterdir()), before)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def test_two_demos_at_once_do_not_meet(self):
        env = environment(HOME=self.dir, TMPDIR=self.dir)
        processes = [subprocess.Popen([BINARY, "demo", "--once"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      text=True, env=env) for _ in range(2)]
        for process in processes:
            out, _ = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0, out)


if __name__ == "__main__":
    unittest.main()
