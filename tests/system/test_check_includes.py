"""The check that each file includes what it uses finds what it is there for."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_includes"

COMPLETE = "#pragma once\n#include <string>\nstd::string name();\n"
INCOMPLETE = "#pragma once\nstd::string name();\n"


class check_includes_test(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        for folder in ("src", "include", "build"):
            (self.root / folder).mkdir()

    def write(self, path, text):
        (self.root / path).write_text(text)

    def check(self):
        commands = [
            {"directory": str(self.root / "build"), "file": str(source),
             "command": f"/usr/bin/ccache g++ -I{self.root}/src -std=c++20 -MD -MT x.o -MF x.d -o x.o -c {source}"}
            for source in sorted((self.root / "src").glob("*.cpp"))]
        self.write("build/compile_commands.json", json.dumps(commands))
        return subprocess.run([TOOL, self.root / "build", "--root", self.root], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)

    def test_files_that_compile_alone_pass(self):
        self.write("src/a.hpp", COMPLETE)
        self.write("src/a.cpp", '#include "a.hpp"\nstd::string name() { return {}; }\n')
        self.write("src/b.hpp", COMPLETE)
        done = self.check()
        self.assertEqual((done.returncode, done.stdout), (0, "check_includes: 2 files, 0 violations\n"))

    def test_a_header_that_its_source_reads_first_is_found(self):
        self.write("src/a.hpp", INCOMPLETE)
        self.write("src/a.cpp", '#include "a.hpp"\n#include <string>\n')
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn("src/a.cpp does not compile alone", done.stdout)

    def test_a_header_without_a_source_is_found(self):
        self.write("src/a.hpp", COMPLETE)
        self.write("src/b.hpp", INCOMPLETE)
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn("src/b.hpp does not compile alone", done.stdout)
        self.assertIn("2 files, 1 violations", done.stdout)

    def test_a_header_that_another_source_reads_later_is_found(self):
        self.write("src/a.cpp", "#include <string>\n\n#include \"b.hpp\"\n")
        self.write("src/b.hpp", INCOMPLETE)
        self.assertEqual(self.check().returncode, 1)

    def test_nothing_to_check_fails(self):
        self.assertEqual(self.check().returncode, 1)
