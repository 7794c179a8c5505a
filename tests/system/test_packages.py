"""The Debian package: built, checked by lintian, installed, started, upgraded and purged on a throw-away copy of this system."""

import os
import pathlib
import re
import subprocess
import unittest

from lars import BINARY, ROOT, lars_test

BUILD = pathlib.Path(os.environ.get("LARS_TEST_BUILD", BINARY.parent))


def project_version():
    return re.search(r"project\(lars VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]


def build_package(directory, version=None):
    """The package of the program under test, called this version."""
    version = version or project_version()
    told = subprocess.run(["cpack", "--config", BUILD / "CPackConfig.cmake", "-B", directory,
                           "-D", f"CPACK_PACKAGE_VERSION={version}"], capture_output=True, text=True, check=False)
    if told.returncode != 0:
        raise AssertionError(told.stdout + told.stderr)
    return next(pathlib.Path(directory).glob(f"lars_{version}_*.deb"))


class package_test(lars_test):
    def test_lintian_finds_no_error(self):
        package = build_package(self.dir)
        told = subprocess.run(["lintian", "--fail-on", "error", str(package)], capture_output=True, text=True, check=False)
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)

    def test_lintian_would_find_one(self):
        broken = self.dir / "broken"
        subprocess.run(["dpkg-deb", "-R", build_package(self.dir), broken], check=True)
        (broken / "usr" / "share" / "doc" / "lars" / "copyright").unlink()
        subprocess.run(["dpkg-deb", "-b", broken, self.dir / "broken.deb"], check=True, capture_output=True)
        told = subprocess.run(["lintian", "--fail-on", "error", str(self.dir / "broken.deb")], capture_output=True,
                              text=True, check=False)
        self.assertNotEqual(told.returncode, 0)

    def test_it_is_installed_started_upgraded_and_purged(self):
        old, new = build_package(self.dir), build_package(self.dir, project_version() + "+1")
        trial = self.dir / "trial"
        trial.mkdir()
        command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "bash",
                   str(pathlib.Path(__file__).parent / "package_trial.sh"), str(trial), str(old), str(new)]
        if os.geteuid() != 0:
            command.insert(0, "sudo")
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        steps = re.findall(r"^ok (.*)", told.stdout, re.M)
        self.assertEqual(steps, ["installed", "units verified", "manual", "completion", "started", "upgraded", "rotated",
                                 "stopped", "removed", "purged"], told.stdout + told.stderr)
        self.assertEqual(told.returncode, 0, told.stderr)

    def test_what_cmake_installs_is_what_the_package_holds(self):
        package = build_package(self.dir)
        held = {line.split()[-1].lstrip(".") for line in subprocess.run(
            ["dpkg-deb", "-c", package], capture_output=True, text=True, check=True).stdout.splitlines()
            if not line.endswith("/")}
        subprocess.run(["cmake", "--install", BUILD], env={**os.environ, "DESTDIR": str(self.dir / "tree")}, check=True,
                       capture_output=True)
        tree = self.dir / "tree"
        installed = {"/" + str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
        self.assertEqual(installed, held)
        for name in ("/usr/bin/lars", "/etc/lars/agent.conf", "/lib/systemd/system/lars-dns.service",
                     "/usr/share/man/man1/lars.1.gz", "/usr/share/doc/lars/copyright"):
            self.assertIn(name, held)


if __name__ == "__main__":
    unittest.main()
