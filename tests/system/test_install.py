"""tools/packages installs what is missing, and nothing else: apt and dpkg are played by small scripts here. `cmake --install`
does without the tools that only the manual needs."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from lars import BINARY, ROOT

BUILD = pathlib.Path(os.environ.get("LARS_TEST_BUILD", BINARY.parent))


class install_test(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lars-test-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.calls = self.dir / "calls"

    def tool(self, name, text):
        path = self.dir / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>{self.calls}\n{text}\n')
        path.chmod(0o755)

    def install(self, installed, plan=""):
        """Runs install_packages for the build packages on a machine that has `installed`, root by appearance."""
        self.tool("dpkg-query", f'case " {" ".join(installed)} " in *" ${{@: -1}} "*) echo -n installed;; *) exit 1;; esac')
        self.tool("apt-get", f'if [[ $1 == -s ]]; then cat <<"END"\n{plan}\nEND\nfi')
        self.tool("id", "echo 0")
        done = subprocess.run(
            ["bash", "-c", 'set -euo pipefail; source tools/packages; install_packages "${build_packages[@]}"'], cwd=ROOT,
            env={**os.environ, "PATH": f"{self.dir}:{os.environ['PATH']}"}, capture_output=True, text=True, check=False)
        calls = self.calls.read_text().splitlines()
        return done, [call for call in calls if call.startswith("apt-get")]

    def packages(self):
        return subprocess.run(["bash", "-c", 'source tools/packages; echo "${build_packages[@]}"'], cwd=ROOT,
                              capture_output=True, text=True, check=True).stdout.split()

    def test_nothing_is_run_when_nothing_is_missing(self):
        done, apt = self.install(self.packages())
        self.assertEqual((done.returncode, apt), (0, []), done.stderr)

    def test_what_is_missing_alone_is_installed_without_removing(self):
        packages = self.packages()
        done, apt = self.install(packages[2:], plan="Inst g++\nConf g++")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("--no-remove", apt[-1])
        self.assertIn("--no-install-recommends", apt[-1])
        self.assertTrue(apt[-1].endswith(" ".join(packages[:2])), apt[-1])

    def test_where_something_would_be_removed_it_is_named_and_nothing_happens(self):
        done, apt = self.install([], plan="Remv libboost1.74-dev [1.74.0]\nInst libboost1.81-dev")
        self.assertEqual(done.returncode, 1)
        self.assertIn("libboost1.74-dev", done.stderr)
        self.assertFalse([call for call in apt if " install " in call and " -s " not in call], apt)


class cmake_install_test(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lars-test-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def install(self, tools):
        """`cmake --install` of the program alone, with the commands that the directory holds."""
        done = subprocess.run(["cmake", "--install", BUILD, "--component", "lars"], capture_output=True, text=True, check=False,
                              env={**os.environ, "DESTDIR": str(self.dir / "root"), "PATH": str(tools)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        usr = self.dir / "root" / "usr"
        self.assertTrue((usr / "bin" / "lars").is_file())
        self.assertTrue((usr / "share" / "bash-completion" / "completions" / "lars").is_file())
        return done.stdout, (usr / "share" / "man" / "man1" / "lars.1.gz").is_file()

    def test_without_help2man_all_but_the_manual_is_installed_and_that_is_said(self):
        tools = self.dir / "tools"
        tools.mkdir()
        for path in pathlib.Path("/usr/bin").iterdir():
            if path.name != "help2man":
                (tools / path.name).symlink_to(path)
        said, manual = self.install(tools)
        self.assertFalse(manual)
        self.assertIn("apt-get install help2man", said)
        said, manual = self.install(os.environ["PATH"])
        self.assertTrue(manual)
        self.assertNotIn("help2man", said)


if __name__ == "__main__":
    unittest.main()
