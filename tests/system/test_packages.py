"""The Debian packages: built, checked by lintian, installed, started, upgraded and purged on a throw-away copy of this system."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from lars import BINARY, ROOT, lars_test

BUILD = pathlib.Path(os.environ.get("LARS_TEST_BUILD", BINARY.parent))
PACKAGES = ("lars", "liblars1", "liblars-dev")


def project_version():
    return re.search(r"project\(lars VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]


def build_packages(directory, version=None, path=os.environ["PATH"]):
    """The packages of the build under test by name, called this version."""
    version = version or project_version()
    told = subprocess.run(["cpack", "--config", BUILD / "CPackConfig.cmake", "-B", directory,
                           "-D", f"CPACK_PACKAGE_VERSION={version}",
                           # PATH alone says what tools there are.
                           "-D", "CMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF"],
                          env={**os.environ, "PATH": str(path)}, capture_output=True, text=True, check=False)
    if told.returncode != 0:
        raise AssertionError(told.stdout + told.stderr)
    return {name: next(pathlib.Path(directory).glob(f"{name}_{version}_*.deb")) for name in PACKAGES}


def files_of(package):
    """The paths that a package puts files and links at."""
    listed = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split(" -> ")[0].split()[-1].lstrip(".") for line in listed if not line.endswith("/")}


def field_of(package, field):
    return subprocess.run(["dpkg-deb", "-f", package, field], capture_output=True, text=True, check=True).stdout.strip()


class package_test(lars_test):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.mkdtemp(prefix="lars-test-")
        cls.addClassCleanup(shutil.rmtree, directory)
        cls.packages = build_packages(directory)

    def test_lintian_finds_no_error(self):
        told = subprocess.run(["lintian", "--fail-on", "error", *self.packages.values()], capture_output=True,
                              text=True, check=False)
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)

    def test_lintian_would_find_one(self):
        broken = self.dir / "broken"
        subprocess.run(["dpkg-deb", "-R", self.packages["lars"], broken], check=True)
        (broken / "usr" / "share" / "doc" / "lars" / "copyright").unlink()
        subprocess.run(["dpkg-deb", "-b", broken, self.dir / "broken.deb"], check=True, capture_output=True)
        told = subprocess.run(["lintian", "--fail-on", "error", str(self.dir / "broken.deb")], capture_output=True,
                              text=True, check=False)
        self.assertNotEqual(told.returncode, 0)

    def test_it_is_whole_after_a_build_of_the_program_alone(self):
        for made in (BUILD / "package").glob("*.gz"):
            made.unlink()
        (BUILD / "package" / "lars.1").unlink(missing_ok=True)
        held = subprocess.run(["dpkg-deb", "-c", build_packages(self.dir)["lars"]], capture_output=True, text=True, check=True).stdout
        for name in ("man/man1/lars.1.gz", "doc/lars/CHANGELOG.md.gz", "doc/lars/changelog.gz"):
            self.assertIn(f"./usr/share/{name}\n", held)

    def test_without_a_tool_that_it_needs_there_is_none(self):
        for tool, package in (("help2man", "help2man"), ("dpkg-shlibdeps", "dpkg-dev")):
            tools = self.dir / f"without-{tool}"
            tools.mkdir()
            for path in pathlib.Path("/usr/bin").iterdir():
                if path.name != tool:
                    (tools / path.name).symlink_to(path)
            (BUILD / "package" / "lars.1").unlink(missing_ok=True)
            with self.assertRaisesRegex(AssertionError, f"apt-get install {package}"):
                build_packages(tools / "made", path=tools)

    def test_they_are_installed_started_upgraded_used_and_purged(self):
        old, new = self.packages, build_packages(self.dir, project_version() + "+1")
        trial = self.dir / "trial"
        trial.mkdir()
        command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "bash",
                   str(pathlib.Path(__file__).parent / "package_trial.sh"), str(trial), str(old["lars"]), str(new["lars"]),
                   str(new["liblars1"]), str(new["liblars-dev"])]
        if os.geteuid() != 0:
            command.insert(0, "sudo")
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        steps = re.findall(r"^ok (.*)", told.stdout, re.M)
        self.assertEqual(steps, ["installed", "units verified", "manual", "completion", "started", "upgraded", "libraries",
                                 "rotated", "stopped", "removed", "installed without configuration", "purged"],
                         told.stdout + told.stderr)
        self.assertEqual(told.returncode, 0, told.stderr)

    def test_what_cmake_installs_is_what_the_packages_hold_each_file_once(self):
        held = {name: files_of(package) for name, package in self.packages.items()}
        subprocess.run(["cmake", "--install", BUILD], env={**os.environ, "DESTDIR": str(self.dir / "tree")}, check=True,
                       capture_output=True)
        tree = self.dir / "tree"
        installed = sorted("/" + str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file())
        self.assertEqual(installed, sorted(path for files in held.values() for path in files))
        for name in ("/usr/bin/lars", "/etc/lars/agent.conf", "/lib/systemd/system/lars-dns.service",
                     "/usr/share/man/man1/lars.1.gz", "/usr/share/doc/lars/copyright"):
            self.assertIn(name, held["lars"])

    def test_programs_need_one_package_to_run_and_another_to_be_built(self):
        packages = self.packages
        libraries = {name: [pathlib.PurePath(path).name for path in files_of(package) if "/usr/lib/" in path]
                     for name, package in packages.items()}
        self.assertEqual(libraries["liblars1"], ["liblars.so.1"])
        self.assertLessEqual({"lars-config-version.cmake", "lars-config.cmake", "lars.pc", "liblars.a", "liblars.so"},
                             set(libraries["liblars-dev"]))
        self.assertEqual(field_of(packages["liblars-dev"], "Depends"), f"liblars1 (= {project_version()})")
        # libc and libstdc++ alone, whatever their packages are called.
        needed = {name.split()[0] for name in field_of(packages["liblars1"], "Depends").split(",")}
        self.assertLessEqual(needed, {"libc6", "libstdc++6", "libgcc-s1"})
        shlibs = subprocess.run(["dpkg-deb", "-I", packages["liblars1"], "shlibs"], capture_output=True, text=True, check=True)
        self.assertEqual(shlibs.stdout.strip(), f"liblars 1 liblars1 (>= {project_version()})")


if __name__ == "__main__":
    unittest.main()
