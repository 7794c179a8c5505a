"""docs/operations.md and docs/upgrade.md: each command works in its order, each event is explained, each link has a target."""

import os
import pathlib
import re
import subprocess
import unittest

import mariadb
import wire
from lars import ROOT, lars_test
from test_packages import build_packages

DOCS = ROOT / "docs"


def blocks(page):
    """The sh blocks of a page, in order."""
    return re.findall(r"^```sh\n(.*?)^```", (DOCS / page).read_text(), re.M | re.S)


class commands_test(lars_test):
    def run_page(self, page, preparation):
        package = build_packages(self.dir)["lars"]
        found = blocks(page)
        script = self.dir / "commands.sh"
        script.write_text("set -euo pipefail\n" + "".join(f"{block}echo 'ran {n}'\n" for n, block in enumerate(found)))
        trial = self.dir / "trial"
        trial.mkdir()
        (trial / "old.sql").write_text(
            "CREATE DATABASE lars_dns; USE lars_dns;" + mariadb.OLD_SCHEMA +
            "INSERT INTO RouteData (modid, cmdid, serverip, serverport) VALUES (1, 1, 167772161, 80);"
            "CREATE USER lars@'%' IDENTIFIED BY 'secret'; GRANT ALL ON lars_dns.* TO lars@'%';")
        command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "bash",
                   str(pathlib.Path(__file__).parent / "docs_trial.sh"), str(trial), str(package), str(script), preparation]
        if os.geteuid() != 0:
            command.insert(0, "sudo")
        outcome = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
        ran = re.findall(r"^ran (\d+)$", outcome.stdout, re.M)
        self.assertEqual(len(ran), len(found), outcome.stdout[-3000:] + outcome.stderr[-3000:])
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        return outcome.stdout

    def test_operations_from_an_empty_machine(self):
        output = self.run_page("operations.md", "fresh")
        self.assertEqual(output.count("10.0.0.7:8080\n"), 2)  # the answers to get-host
        self.assertRegex(output, r"(?m)^.*1 +1 +10\.0\.0\.7.*$")

    def test_upgrade_from_an_old_lars_and_back(self):
        output = self.run_page("upgrade.md", "old")
        # The new agent's answer beside the old dns, and beside the new one.
        for step in ("ran 1\n", "ran 2\n"):
            self.assertRegex(output.split(step)[1].split("ran ")[0], r"10\.0\.0\.1\D+80\b")

    def test_a_page_whose_command_is_wrong_would_be_found(self):
        original = DOCS / "upgrade.md"
        self.assertIn("lars get-route 1 1", original.read_text())
        globals()["blocks"], kept = lambda page: ["lars get-route 1\n"], blocks
        try:
            with self.assertRaises(AssertionError):
                self.run_page("upgrade.md", "old")
        finally:
            globals()["blocks"] = kept


class reference_test(unittest.TestCase):
    def test_every_event_of_the_sources_is_explained_and_no_other(self):
        text = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.cpp"))
        events = set(re.findall(r"log::(?:debug|info|warn|error)\(\s*\"([a-z_]+\.[a-z_]+)\"", text))
        events |= set(re.findall(r"\bwarn\(\"(log\.[a-z_]+)\"", text))
        events |= set(re.findall(r"level::[a-z]+, \"(log\.[a-z_]+)\"", text))
        # An event whose level depends on something.
        events |= set(re.findall(r"\? \"([a-z]+\.[a-z_]+)\" : \"[a-z]+\.[a-z_]+\"", text))
        events |= set(re.findall(r"\? \"[a-z]+\.[a-z_]+\" : \"([a-z]+\.[a-z_]+)\"", text))
        link = set(re.findall(r"event\(\"([a-z_]+)\"\)", text))
        events |= {f"agent.{server}_{what}" for server in ("dns", "reporter") for what in link}
        table = (DOCS / "operations.md").read_text().split("\n## Events\n")[1].split("\n## ")[0]
        explained = set(re.findall(r"`([a-z]+\.[a-z_]+)`", "\n".join(
            line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))))
        self.assertEqual(events, explained)

    def test_every_status_that_refuses_a_request_is_explained(self):
        source = "".join((ROOT / "src" / "http" / name).read_text() for name in ("request_reader.cpp", "session.cpp"))
        limits = (DOCS / "operations.md").read_text().split("\n## Limits\n")[1].split("\n## ")[0]
        row = next(line for line in limits.splitlines() if line.startswith("| HTTP |"))
        self.assertEqual(set(re.findall(r"\b4\d\d\b", source)), set(re.findall(r"\b4\d\d\b", row)))

    def test_the_bytes_of_the_protocol_are_the_recorded_ones(self):
        shown = re.findall(r"^\S.*?\s{2,}((?:[0-9a-f]{2,} ?)+)$", (DOCS / "wire-protocol.md").read_text(), re.M)
        shown = {bytes.fromhex(line.replace(" ", "")) for line in shown}
        recorded = wire.golden()
        self.assertEqual(shown, {recorded[name] for name in (
            "get_host_request", "get_host_response", "get_host_refused", "report_request")})

    def test_links_lead_somewhere(self):
        for page in DOCS.rglob("*.md"):
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")


if __name__ == "__main__":
    unittest.main()
