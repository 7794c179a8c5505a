"""`lars bench qps` with an agent of its own: each mode for a moment, its sums checked, and what the kernel sees of a pick."""

import json
import re
import subprocess
import unittest

from lars import BINARY, environment, lars_test, slowness

PATIENCE = 120  # for a machine that does other things too


class bench_test(lars_test):
    def bench(self, *arguments, code=0):
        for _ in range(5):
            done = self.lars("bench", "qps", *arguments, "--format", "json", code=None, timeout=PATIENCE)
            # Its servers have deadlines, which a busy machine may miss.
            if "no answer in time" not in done.stderr or slowness() < 1.2:
                break
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    def check_sums(self, figures):
        """Every call was heard of, and the agent knows of no other."""
        self.assertGreater(figures["picks"], 0)
        self.assertEqual(figures["reports"], figures["picks"])
        self.assertEqual(figures["counted_reports"], figures["reports"])
        self.assertEqual(figures["errors"], 0)
        self.assertNotEqual(int(figures["checksum"]), 0)

    def test_both_transports(self):
        shm, udp = self.bench("--transport", "both", "--modules", 10, "--hosts", 3, "--threads", 2, "--processes", 2,
                              "--seconds", 0.5, "--warm-up", 0.1)
        self.assertEqual([shm["transport"], udp["transport"]], ["shm", "udp"])
        for figures in (shm, udp):
            self.check_sums(figures)
            for name in ("calls_per_second", "p50_ns", "p99_ns", "p999_ns", "pick_p50_ns", "timer_ns"):
                self.assertGreater(figures[name], 0, name)
        self.assertEqual(shm["counted_picks"], shm["picks"])
        self.assertGreater(shm["route_changes"], 0)
        self.assertLess(shm["p50_ns"], udp["p50_ns"])

    def test_policies_one_after_the_other(self):
        rows = self.bench("--policy", "rr,weighted_random", "--modules", 2, "--hosts", 1000, "--seconds", 0.3,
                          "--warm-up", 0.1)
        self.assertEqual([row["policy"] for row in rows], ["round_robin", "weighted_random"])
        for row in rows:
            self.check_sums(row)

    def test_compare_prints_ratios(self):
        figures = self.bench("--compare", "--modules", 6, "--runs", 1, "--seconds", 0.3, "--warm-up", 0.1)
        for name in ("shm_over_udp", "two_threads_over_one", "two_threads_over_one_by_cpu", "agent_over_bare_pair",
                     "agent_over_bare_rate", "bare_us_a_pair"):
            self.assertGreater(figures[name], 0, name)
        # On a busy machine the two are measured at moments that differ.
        self.assertGreater(figures["shm_over_udp"], 10 if slowness() < 1.2 else 1)

    def test_public_interfaces_beside_the_classes_inside(self):
        rows = self.bench("--public", "--modules", 6, "--policy", "rr", "--threads", 2, "--runs", 2, "--seconds", 0.2,
                          "--warm-up", 0.1)
        self.assertEqual([row["interface"] for row in rows], ["inside", "c", "cpp", "old"])
        for row in rows:
            self.assertGreater(row["picks"], 0)
            self.assertEqual(row["errors"], 0)
            self.assertEqual(row["rounds"], 2)
            self.assertGreater(row["p50_ns"], 0)
            self.assertLessEqual(row["over_inside_low"], row["over_inside"])
            self.assertLessEqual(row["over_inside"], row["over_inside_high"])
        self.assertEqual(rows[0]["over_inside"], 1)

    def test_public_interfaces_need_the_program_that_uses_them(self):
        copied = self.dir / "bin" / "lars"
        copied.parent.mkdir()
        copied.write_bytes(BINARY.read_bytes())
        copied.chmod(0o755)
        done = subprocess.run([copied, "bench", "qps", "--public", "--modules", "1", "--seconds", "0.1"],
                              env=environment(), capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("lars-bench-caller: No such file", done.stderr)

    def test_the_control_loop_at_a_rate(self):
        figures = self.bench("--modules", 200, "--hosts", 10, "--processes", 4, "--rate", 2000, "--seconds", 1)
        self.check_sums(figures)
        self.assertAlmostEqual(figures["calls_per_second"], 2000, delta=400)
        for name in ("agent_cpu_percent", "agent_bytes_per_host", "counters_mb", "full_speed_agent_cpu_percent"):
            self.assertGreater(figures[name], 0, name)

    def test_results_are_counted_for_a_reporter_too(self):
        self.check_sums(self.bench("--modules", 20, "--rate", 1000, "--seconds", 0.5, "--reporter"))

    def test_the_memory_of_many_callers(self):
        figures = self.bench("--callers", 50, "--modules", 20)
        self.check_sums(figures)
        self.assertEqual((figures["callers"], figures["attached"], figures["picks"]), (50, 50, 500))
        # A thousand of them have 64 MB.
        self.assertLess(figures["together_mb"] / 50, 64 / 1000)

    def test_what_makes_no_sense_is_a_matter_of_usage(self):
        self.bench("--transport", "tcp", code=2)
        self.bench("--transport", "shm", "--window", 4, code=2)


class system_call_test(lars_test):
    """A pick and a report are the thread's own business: the kernel hears of none of them."""

    BEGIN, END = '"lars bench: begin"', '"lars bench: end"'

    def trace(self, transport, *options):
        """Figures, and the lines of a trace of every thread."""
        trace = self.dir / "trace"
        command = ["strace", "-f", "-qq", "-s", "64", "-o", trace, BINARY, "bench", "qps", "--transport", transport, "--marks",
                   "--format", "json", *options]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return json.loads(done.stdout), trace.read_text(errors="replace").splitlines()

    def between_marks(self, lines):
        """What the thread that made the marks asked of the kernel between them."""
        thread = next(line.split()[0] for line in lines if "write(" in line and self.BEGIN in line)
        own = [line for line in lines if line.split(maxsplit=1)[0] == thread]
        begin = next(i for i, line in enumerate(own) if self.BEGIN in line)
        end = next(i for i, line in enumerate(own) if self.END in line)
        return [line for line in own[begin + 1:end] if not re.search(r"resumed>|\+\+\+|---", line)]

    def test_a_million_picks_and_reports_make_no_system_call(self):
        figures, lines = self.trace("shm", "--modules", "100", "--hosts", "5", "--warm-up", "3", "--seconds", "2",
                                    "--change-ms", "50")
        self.assertEqual(self.between_marks(lines), [])
        self.assertGreater(figures["calls_per_second"] * 2, 1_000_000)
        self.assertGreater(figures["route_changes"], 5)

    def test_the_check_would_see_one(self):
        _, lines = self.trace("udp", "--modules", "10", "--warm-up", "0.1", "--seconds", "0.2")
        self.assertGreater(len(self.between_marks(lines)), 10)


if __name__ == "__main__":
    unittest.main()
