#include "reporter/refused_file.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

namespace lars::refused_file_test {

using reporter::refused_file;

namespace {

// 2026-02-03 04:05:06 UTC.
std::int64_t fixed_time() { return 1770091506; }

std::string first_line_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

const std::vector rows{storage::refused_row{"CallHistory", {1, 2}, {1, 80}, "INSERT a", "too large"}};

}  // namespace

TEST_CASE("each refusal bears its time in UTC") {
  const test::temp_dir dir;
  const refused_file pending(dir.path() / "pending.sql", 1u << 20, fixed_time);
  REQUIRE(pending.append_pending(rows));
  CHECK(first_line_of(pending.path()) ==
        "-- 2026-02-03T04:05:06Z refused, commit to follow: row of CallHistory: too large");
  const refused_file committed(dir.path() / "committed.sql", 1u << 20, fixed_time);
  REQUIRE(committed.append_committed(rows));
  CHECK(first_line_of(committed.path()) ==
        "-- 2026-02-03T04:05:06Z committed without this row of CallHistory: too large");
}

TEST_CASE("a directory that is a file is an error") {
  const test::temp_dir dir;
  std::ofstream(dir.path() / "file") << "no directory";
  const refused_file refused(dir.path() / "file" / "refused.sql", 1u << 20, fixed_time);
  CHECK(refused.append_pending(rows).error().code == errc::io_failed);
}

}  // namespace lars::refused_file_test
