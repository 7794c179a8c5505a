"""Every command of README.md works as it stands there."""

import re
import shlex
import subprocess
import time
import unittest

from lars import BINARY, PATIENCE, ROOT, environment, eventually, free_port, lars_test


def commands():
    """The command lines of the sh blocks, without their comments."""
    text = (ROOT / "README.md").read_text()
    lines = [line for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S) for line in block.splitlines()]
    return [line.split("  #")[0].strip() for line in lines if line.strip()]


class readme_test(lars_test):
    def setUp(self):
        super().setUp()
        # The ports of this run: variables configure Lars as the README's reader might, its commands stay untouched.
        dns, reporter = free_port(), free_port()
        self.env = environment(
            LARS_DNS_PORT=dns, LARS_AGENT_PORT=free_port(3), LARS_AGENT_DNS=f"127.0.0.1:{dns}",
            LARS_REPORTER_PORT=reporter, LARS_AGENT_REPORTER=f"127.0.0.1:{reporter}",
            LARS_HTTP_PORT=0, STATE_DIRECTORY=self.dir / "state")

    def line(self, words):
        """A command of the README with the binary under test and a directory of this test."""
        words = [word.replace("/tmp/lars", str(self.dir / "lars")) for word in shlex.split(words)]
        return [str(BINARY) if word == "build/release/lars" else word for word in words]

    def run_line(self, words):
        done = subprocess.run(self.line(words), cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    def start_line(self, words):
        process = subprocess.Popen(self.line(words), cwd=ROOT, env=self.env, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)

        def end():
            process.kill()
            process.wait()
            process.stdout.close()

        self.addCleanup(end)
        return process

    def test_the_commands_are_the_ones_tried_here(self):
        kinds = [" ".join(line.split()[:2]) for line in commands()]
        self.assertEqual(kinds[:2], ["tools/quickstart", "tools/test"])
        for program in {line.split()[0] for line in commands()}:
            self.assertTrue(program == "build/release/lars" or (ROOT / program).exists(), program)

    def test_the_first_route_and_the_first_question(self):
        lines = [line for line in commands() if line.startswith("build/")]
        roles = next(line for line in lines if "--role=all" in line)
        process = self.start_line(roles)
        self.assertIn("listening", process.stdout.readline())
        route, get_host, report = (next(line for line in lines if f"lars {word}" in line)
                                   for word in ("route add", "get-host", "report"))
        self.assertEqual(self.run_line(route)[0], 0)
        self.assertTrue(eventually(lambda: self.run_line(get_host)[:2] == (0, route.split()[5] + "\n"))[0])
        self.assertEqual(self.run_line(report)[0], 0)
        status, history = (next(line for line in lines if f"lars {word} 1 1" in line) for word in ("status", "history"))
        self.assertTrue(eventually(lambda: "10.0.0.7" in self.run_line(status)[1], interval=0.1)[0])
        self.assertTrue(eventually(lambda: "10.0.0.7" in self.run_line(history)[1], interval=0.1)[0])

    def test_each_role_by_itself(self):
        lines = [line for line in commands() if "--config" in line]
        check, *roles = lines
        self.assertIn("check-config", check)
        self.assertEqual(self.run_line(check)[0], 0, self.run_line(check))
        self.assertEqual(len(roles), 3)
        for line in roles:
            process = self.start_line(line)
            self.assertIn("listening", process.stdout.readline())
            time.sleep(0.2)
            self.assertIsNone(process.poll())

    def test_it_fits_on_a_screen(self):
        self.assertLess(len((ROOT / "README.md").read_text().splitlines()), 65)

    def test_what_it_links_to_is_there(self):
        for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text()):
            self.assertTrue((ROOT / target).exists(), target)


if __name__ == "__main__":
    unittest.main()
