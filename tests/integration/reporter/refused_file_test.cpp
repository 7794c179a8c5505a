#include "reporter/refused_file.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>

#include "support/temp_dir.hpp"

namespace lars::refused_file_test {

using lars::reporter::refused_file;

namespace {

storage::refused_row row(const std::string& statement, const std::string& reason = "too large") {
  return {"CallHistory", {1, 2}, {1, 80}, statement, reason};
}

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The lines that a database would run.
std::string run_by_a_database(const std::filesystem::path& path) {
  std::istringstream lines(text_of(path));
  std::string run;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("--")) run += line;
  return run;
}

}  // namespace

TEST_CASE("a refused row is run only once its flush was committed, and its reason stays a comment") {
  const test::temp_dir dir;
  const refused_file file(dir.path() / "made" / "refused.sql", 1 << 20);
  const std::vector rows{row("INSERT a", "bad value 'x\n; DROP TABLE y'")};
  REQUIRE(file.append_pending(rows));
  CHECK(run_by_a_database(file.path()).empty());
  CHECK(text_of(file.path()).find("INSERT a") != std::string::npos);
  CHECK(text_of(file.path()).find("CallHistory") != std::string::npos);
  REQUIRE(file.append_committed(rows));
  CHECK(run_by_a_database(file.path()) == "INSERT a;");
}

TEST_CASE("refused rows take bounded room, and the newest stay") {
  const test::temp_dir dir;
  const refused_file file(dir.path() / "refused.sql", 4000);
  for (int i = 0; i < 100; ++i) REQUIRE(file.append_committed(std::vector{row("INSERT " + std::to_string(i))}));
  const auto older = dir.path() / "refused.sql.1";
  CHECK(std::filesystem::file_size(file.path()) <= 2000);
  CHECK(std::filesystem::file_size(older) <= 2000);
  CHECK(text_of(file.path()).find("INSERT 99;") != std::string::npos);
  CHECK(text_of(older).find("INSERT") != std::string::npos);
}

TEST_CASE("a file without room is an error, and leaves no half of a line for the next one") {
  const test::temp_dir dir;
  const refused_file file(dir.path() / "refused.sql", 1 << 20);
  REQUIRE(file.append_committed(std::vector{row("INSERT a")}));
  const auto before = text_of(file.path());
  rlimit usual{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &usual) == 0);
  rlimit small = usual;
  small.rlim_cur = before.size() + 20;
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto kept = file.append_pending(std::vector{row("INSERT b")});
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &usual) == 0);
  std::signal(SIGXFSZ, handler);
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code == errc::io_failed);
  CHECK(kept.error().detail.find("refused.sql") != std::string::npos);
  CHECK(text_of(file.path()) == before);
}

TEST_CASE("a directory that cannot be used is an error that names the file") {
  const test::temp_dir dir;
  std::ofstream(dir.path() / "plain") << "x";
  const refused_file file(dir.path() / "plain" / "refused.sql", 1 << 20);
  const auto kept = file.append_pending(std::vector{row("INSERT a")});
  REQUIRE_FALSE(kept);
  CHECK(kept.error().detail.find("refused.sql") != std::string::npos);
}

}  // namespace lars::refused_file_test
