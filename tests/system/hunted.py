"""The program that shares memory with an agent in the tests that kill agents, and in the hunt."""

import atexit
import os
import pathlib
import select
import shutil
import subprocess
import tempfile

from lars import BINARY, PATIENCE, ROOT, environment

BUILD = pathlib.Path(os.environ.get("LARS_TEST_BUILD", BINARY.parent))


class program:
    """Builds hunted_caller.c once, against the built library."""

    made = None

    @classmethod
    def path(cls):
        if cls.made is None:
            directory = pathlib.Path(tempfile.mkdtemp(prefix="lars-test-"))
            atexit.register(shutil.rmtree, directory, ignore_errors=True)
            cls.made = directory / "hunted_caller"
            libraries = BUILD / "lib"
            subprocess.run(
                ["gcc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", f"-I{ROOT / 'include'}",
                 ROOT / "tests" / "system" / "hunted_caller.c", libraries / "liblars.so.1", f"-Wl,-rpath,{libraries}",
                 "-o", cls.made], check=True)
        return cls.made


class hunted:
    """One such process. `test` names its agent and gets its cleanup."""

    def __init__(self, test, *words, **env):
        self.process = subprocess.Popen(
            [program.path(), *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment(**{**test.where(), **env}))
        test.addCleanup(self.end)

    def figures(self, timeout=2 * PATIENCE):
        """The next line of figures."""
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            raise AssertionError(f"{self.process.args[1:]} says nothing for {timeout} s")
        words = self.process.stdout.readline().split()
        if not words:
            raise AssertionError(f"{self.process.args[1:]} ended with {self.process.wait()}")
        return {name: int(value) for name, value in zip(words[::2], words[1::2])}

    def do(self, step):
        """Makes the program do one step; returns its figures afterwards."""
        self.process.stdin.write(step + "\n")
        self.process.stdin.flush()
        return self.figures()

    def stop(self):
        """Ends its input; returns its last figures."""
        self.process.stdin.close()
        found = self.figures()
        self.process.wait(PATIENCE)
        return found

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.stdout.close()
