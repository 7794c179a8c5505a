"""tools/check_layers finds each kind of violation that it is there for."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

from lars import ROOT


class check_layers_test(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lars-test-"))
        self.addCleanup(shutil.rmtree, self.dir)
        for part in ("src", "include"):
            shutil.copytree(ROOT / part, self.dir / part)

    def check(self):
        done = subprocess.run(
            [ROOT / "tools" / "check_layers", "--root", self.dir], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    def plant(self, path, text):
        file = self.dir / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((file.read_text() if file.exists() else "") + text)

    def assert_found(self, *words):
        code, out = self.check()
        self.assertEqual(code, 1, out)
        lines = [line for line in out.splitlines() if all(word in line for word in words)]
        self.assertEqual(len(lines), 1, f"no single line with {words}:\n{out}")

    def test_the_tree_as_it_is_has_no_violation(self):
        code, out = self.check()
        self.assertEqual(code, 0, out)
        self.assertIn("0 violations", out)

    def test_an_include_that_the_row_does_not_allow_is_found(self):
        self.plant("src/wire/planted.cpp", '#include "net/io_pool.hpp"\n')
        self.assert_found("src/wire/planted.cpp:1", 'wire may not include "net/io_pool.hpp"')

    def test_the_line_of_a_violation_is_told(self):
        self.plant("src/wire/planted.cpp", '/* two\nlines */\n#include "net/io_pool.hpp"\n')
        self.assert_found("src/wire/planted.cpp:3")

    def test_own_folder_and_public_headers_are_always_allowed(self):
        self.plant("src/base/planted.cpp", '#include "base/clock.hpp"\n#include <lars/types.hpp>\n#include <vector>\n')
        self.assertEqual(self.check()[0], 0)

    def test_an_include_not_written_from_src_is_found(self):
        self.plant("src/wire/planted.cpp", '#include "frame.hpp"\n')
        self.assert_found("written from src/")

    def test_an_include_in_a_comment_is_no_include(self):
        self.plant("src/wire/planted.cpp", '// #include "net/io_pool.hpp"\n/* asio::detached */\n')
        self.assertEqual(self.check()[0], 0)

    def test_headers_below_a_folder_are_held_to_its_row(self):
        self.plant("src/wire/deep/planted.hpp", '#include "app/run.hpp"\n')
        self.assert_found("src/wire/deep/planted.hpp:1", "app/run.hpp")

    def sub_rows(self, *rows):
        """wire/ with sub-folders `inner` and `outer`, and these rows of theirs."""
        readme = self.dir / "src/README.md"
        added = "".join(f"| {row} | planted | {allowed} |\n" for row, allowed in rows)
        readme.write_text(readme.read_text().replace("\n| base |", f"\n{added}| base |", 1))
        self.plant("src/wire/inner/inner.hpp", "#pragma once\n")
        self.plant("src/wire/outer/outer.hpp", '#pragma once\n#include "base/clock.hpp"\n#include "wire/inner/inner.hpp"\n')

    def test_a_sub_folder_may_include_what_its_row_names(self):
        self.sub_rows(("wire/inner", ""), ("wire/outer", "wire/inner"))
        self.plant("src/wire/planted.hpp", '#include "wire/inner/inner.hpp"\n#include "wire/outer/outer.hpp"\n')
        code, out = self.check()
        self.assertEqual(code, 0, out)

    def test_a_sub_folder_that_includes_its_user_is_found(self):
        self.sub_rows(("wire/inner", ""), ("wire/outer", "wire/inner"))
        self.plant("src/wire/inner/inner.hpp", '#include "wire/outer/outer.hpp"\n')
        self.assert_found("src/wire/inner/inner.hpp:2", "wire/inner may not include")

    def test_a_sub_folder_that_includes_its_folder_is_found(self):
        self.sub_rows(("wire/inner", ""), ("wire/outer", "wire/inner"))
        self.plant("src/wire/inner/inner.hpp", '#include "wire/frame.hpp"\n')
        self.assert_found("src/wire/inner/inner.hpp:2", "wire/inner may not include")

    def test_a_folder_does_not_include_what_stands_on_it(self):
        self.sub_rows(("wire/inner", "wire"), ("wire/outer", "wire/inner"))
        self.plant("src/wire/inner/inner.hpp", '#include "wire/frame.hpp"\n')
        self.assertEqual(self.check()[0], 0)
        self.plant("src/wire/planted.hpp", '#include "wire/outer/outer.hpp"\n')
        self.assert_found("src/wire/planted.hpp:1", "wire may not include")

    def test_a_sub_folder_is_held_to_the_row_of_its_folder(self):
        self.sub_rows(("wire/inner", ""), ("wire/outer", "wire/inner"))
        self.plant("src/wire/inner/inner.hpp", '#include "net/io_pool.hpp"\n')
        self.assert_found("src/wire/inner/inner.hpp:2", "wire/inner may not include")

    def test_a_sub_folder_without_a_row_beside_others_is_found(self):
        self.sub_rows(("wire/inner", ""))
        self.assert_found("no row for src/wire/outer")

    def test_a_circle_of_sub_folders_is_found(self):
        self.sub_rows(("wire/inner", "wire/outer"), ("wire/outer", "wire/inner"))
        self.assert_found("a circle")

    def test_a_sub_row_that_names_another_folder_is_found(self):
        self.sub_rows(("wire/inner", "base"), ("wire/outer", "wire/inner"))
        self.assert_found("its neighbours alone")

    def test_a_role_that_includes_another_is_found(self):
        self.plant("src/agent/planted.cpp", '#include "dns/role.hpp"\n')
        self.assert_found("agent may not include")

    def test_a_link_list_with_one_too_many_is_found(self):
        file = self.dir / "src/wire/CMakeLists.txt"
        file.write_text(file.read_text().replace("LARS base", "LARS base net"))
        self.assert_found("src/wire/CMakeLists.txt", "links net")

    def test_a_link_list_with_one_too_few_is_found(self):
        file = self.dir / "src/wire/CMakeLists.txt"
        file.write_text(file.read_text().replace("LARS base", "LARS"))
        self.assert_found("src/wire/CMakeLists.txt", "does not link base")

    def test_a_library_linked_past_the_list_is_found(self):
        self.plant("src/wire/CMakeLists.txt", "target_link_libraries(lars_wire PUBLIC lars_storage)\n")
        self.assert_found("src/wire/CMakeLists.txt", "lars_storage")

    def test_a_folder_without_a_row_is_found(self):
        self.plant("src/misc/CMakeLists.txt", "lars_library(misc)\n")
        self.assert_found("no row for the folder src/misc")

    def test_a_row_without_a_folder_is_found(self):
        self.plant("src/README.md", "| ghost | nothing | base |\n")
        self.assert_found("no folder src/ghost")

    def test_a_circle_of_rows_is_found(self):
        file = self.dir / "src/README.md"
        rows = file.read_text().splitlines()
        rows = [row[:row.rindex("|", 0, -1)] + "| wire |" if row.startswith("| base |") else row for row in rows]
        file.write_text("\n".join(rows))
        cmake = self.dir / "src/base/CMakeLists.txt"
        cmake.write_text("lars_library(base LARS wire)\n")
        self.assert_found("a circle", "base -> wire -> base")

    def test_balance_may_not_ask_for_the_time(self):
        self.plant("src/balance/planted.cpp", "auto t = std::chrono::steady_clock::now();\n")
        self.assert_found("balance is pure", "::now")

    def test_balance_may_not_do_input_or_output(self):
        for header in ("<iostream>", "<fstream>", "<thread>", "<sys/socket.h>", '"log/log.hpp"', "<cstdio>"):
            with self.subTest(header=header):
                file = self.dir / "src/balance/planted.cpp"
                file.write_text(f"#include {header}\n")
                self.assert_found("src/balance/planted.cpp:1", "balance is pure")

    def test_balance_may_not_draw_from_the_system(self):
        self.plant("src/balance/planted.cpp", "std::random_device device;\n")
        self.assert_found("balance is pure", "random_device")

    def test_libraries_stay_behind_their_face(self):
        for folder, header, what in (
            ("dns", "<soci/soci.h>", "SOCI"),
            ("cli", "<sqlite3.h>", "SOCI"),
            ("storage", "<soci/soci.h>", "SOCI"),
            ("storage", "<mysqld_error.h>", "SOCI"),
            ("storage", "<boost/asio/io_context.hpp>", "Asio"),
            ("agent", "<google/protobuf/message.h>", "protobuf"),
            ("agent", '"proto/lars.pb.h"', "protobuf"),
            ("app", "<fmt/format.h>", "formatting"),
        ):
            with self.subTest(folder=folder, header=header):
                file = self.dir / f"src/{folder}/planted.cpp"
                file.write_text(f"#include {header}\n")
                self.assert_found(f"src/{folder}/planted.cpp:1", what)
                file.unlink()

    def test_a_library_of_one_sub_folder_is_seen_from_there_alone(self):
        for room in ("storage/sql", "storage/migrate"):
            self.plant(f"src/{room}/planted.cpp", "#include <soci/soci.h>\n#include <mysql.h>\n#include <errmsg.h>\n")
        code, out = self.check()
        self.assertEqual(code, 0, out)
        self.plant("src/storage/planted.hpp", "#include <soci/session.h>\n")
        self.assert_found("src/storage/planted.hpp:1", "storage may not see SOCI")

    def test_a_header_behind_a_face_is_seen_from_its_folder_alone(self):
        self.plant("src/dns/planted.cpp", '#include "storage/sql/open_storage.hpp"\n')
        self.plant("src/storage/migrate/planted.cpp", '#include "storage/sql/session.hpp"\n')
        code, out = self.check()
        self.assertEqual(code, 0, out)
        self.plant("src/dns/planted.cpp", '#include "storage/sql/session.hpp"\n')
        self.assert_found("src/dns/planted.cpp:2", "behind a face", "open_storage.hpp")

    def test_faces_do_not_include_what_is_behind_them(self):
        self.plant("src/storage/planted.hpp", '#include "storage/sql/open_storage.hpp"\n')
        self.assert_found("src/storage/planted.hpp:1", "storage may not include")

    def test_the_client_stands_on_the_standard_library_alone(self):
        self.plant("src/client/planted.cpp", "#include <boost/json.hpp>\n")
        self.assert_found("src/client/planted.cpp:1", "standard library alone")

    def test_a_public_header_includes_none_of_ours(self):
        self.plant("include/lars/planted.hpp", '#include "wire/frame.hpp"\n')
        self.assert_found("include/lars/planted.hpp:1", "public header")

    def test_detached_coroutines_are_found(self):
        self.plant("src/net/planted.cpp", "co_spawn(context, run(), asio::detached);\n")
        self.assert_found("src/net/planted.cpp:1", "detached")


if __name__ == "__main__":
    unittest.main()
