"""`lars bench policy`: formats, refusals, the same seed twice, one seed of one load of each scenario."""

import csv
import io
import json
import subprocess
import sys
import xml.etree.ElementTree

from lars import BINARY, ROOT, environment, lars_test

SCENARIOS = sorted(path.stem for path in (ROOT / "tests" / "scenarios").glob("*.ini"))
SHORT = """
[scenario]
unit = 10
offered = 40
agents = 5
warm_up = 2s
measured = 3s
policies = rr, p2c
[servers any]
count = 10
cores = 2
service = 20ms
"""


class policy_lab_test(lars_test):
    def lab(self, *arguments, code=0):
        done = subprocess.run([BINARY, "bench", "policy", *map(str, arguments)], capture_output=True, timeout=120,
                              cwd=self.dir, env=environment(HOME=self.dir), check=False)
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return done

    def short(self):
        file = self.dir / "short.ini"
        file.write_text(SHORT)
        return file

    def test_each_scenario_runs_from_anywhere_and_a_seed_gives_the_same_bytes_twice(self):
        for name in SCENARIOS:
            arguments = ("--scenario", name, "--policy", "p2c", "--seeds", 1, "--format", "json")
            if name != "jd-3":
                arguments += ("--offered", 100)  # a tenth of the fleet's work: quick
            with self.subTest(name):
                once = self.lab(*arguments)
                self.assertEqual(once.stdout, self.lab(*arguments).stdout)
                self.assertEqual(once.stderr, b"")  # no progress where no terminal is
                rows = json.loads(once.stdout)
                self.assertGreater(rows[0]["goodput"], 0.9 * rows[0]["offered"])
                self.assertEqual(list(rows[0])[:8], ["scenario", "policy", "offered", "goodput", "p50_ms", "p99_ms",
                                                     "p999_ms", "error_rate"])

    def test_threads_change_nothing(self):
        one, four = (self.lab("--scenario", self.short(), "--seeds", 4, "--threads", n).stdout for n in (1, 4))
        self.assertEqual(one, four)

    def test_formats_agree_and_the_plot_is_xml(self):
        file, plot = self.short(), self.dir / "plot.svg"
        rows = json.loads(self.lab("--scenario", file, "--seeds", 2, "--format", "json", "--plot", plot).stdout)
        lines = list(csv.DictReader(io.StringIO(
            self.lab("--scenario", file, "--seeds", 2, "--format", "csv").stdout.decode())))
        self.assertEqual([float(line["goodput"]) for line in lines], [row["goodput"] for row in rows])
        table = self.lab("--scenario", file, "--seeds", 2).stdout.decode()
        self.assertEqual(len(table.splitlines()), 1 + len(rows))
        self.assertEqual(xml.etree.ElementTree.parse(plot).getroot().tag, "{http://www.w3.org/2000/svg}svg")

    def test_what_is_wrong_is_named_with_what_is_allowed(self):
        broken = self.dir / "broken.ini"
        broken.write_text(SHORT.replace("cores = 2", "cores = two"))
        for arguments, said in (
                (("--scenario", "jd-7"), "jd-100"), (("--scenario", broken), "broken.ini:11: [servers any] cores = 'two'"),
                (("--policy", "best"), "round_robin"), (("--ablation", "all"), "misaligned"), (("--seeds", "0"), "1 to 1000"),
                (("--offered", "much"), "numbers above 0"), (("--format", "xml"), "table, json or csv")):
            with self.subTest(said):
                self.assertIn(said, self.lab(*arguments, code=2).stderr.decode())
        for plot in (self.dir / "none" / "x.svg", "/dev/full"):
            refused = self.lab("--scenario", self.short(), "--plot", plot, code=1)
            self.assertIn("cannot write", refused.stderr.decode())

    def test_the_table_of_all_scenarios_is_one_command(self):
        done = subprocess.run([sys.executable, ROOT / "tools" / "scenarios", "--lars", BINARY, "--seeds", "2", "--only",
                               "jd-3", "--out", self.dir / "out"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| r = 1.5, node 1 against the article's 125 | -3 … 3 % |", done.stdout)
        self.assertTrue((self.dir / "out" / "jd-3.svg").is_file())
