#include "log/log.hpp"

#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace lars::log_test {

namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("events at or above the level reach the file, the others do not") {
  const std::string path = std::filesystem::temp_directory_path() / ("lars_log_test_" + std::to_string(::getpid()));
  REQUIRE(log::configure({log::level::warn, log::format::text, path}));
  log::info("quiet", {});
  log::warn("loud", {{"n", 1}});
  REQUIRE(log::flush(std::chrono::seconds(5)));
  const std::string text = contents(path);
  CHECK(text.find("quiet") == std::string::npos);
  CHECK(text.find("warn loud n=1\n") != std::string::npos);
  REQUIRE(log::configure({}));
  std::filesystem::remove(path);
}

TEST_CASE("a file that cannot be opened is refused and the old log goes on") {
  const auto refused = log::configure({log::level::info, log::format::text, "/proc/no/such/place"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::io_failed);
  log::debug("still.works", {});
}

}  // namespace lars::log_test
