#include "app/state_dir.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace lars::state_dir_test {

using namespace lars::app;
namespace fs = std::filesystem;

namespace {

struct scratch {
  scratch() { REQUIRE(::mkdtemp(name.data()) != nullptr); }
  ~scratch() { fs::remove_all(name); }
  std::string name = (fs::temp_directory_path() / "lars_state_XXXXXX").string();
};

}  // namespace

TEST_CASE("the state directory is the first one that is set") {
  variables environment = {{"STATE_DIRECTORY", "/var/lib/a:/var/lib/b"}, {"XDG_STATE_HOME", "/x"}, {"HOME", "/h"}};
  CHECK(find_state_dir("/s", environment, true).value() == "/s");
  CHECK(find_state_dir("", environment, true).value() == "/var/lib/a");
  environment.erase("STATE_DIRECTORY");
  CHECK(find_state_dir("", environment, true).value() == "/var/lib/lars");
  CHECK(find_state_dir("", environment, false).value() == "/x/lars");
  environment["XDG_STATE_HOME"] = "relative";
  CHECK(find_state_dir("", environment, false).value() == "/h/.local/state/lars");
  environment.clear();
  CHECK_FALSE(find_state_dir("", environment, false));
}

TEST_CASE("a relative state directory is made absolute") {
  CHECK(find_state_dir("here", {}, false).value() == fs::current_path() / "here");
}

TEST_CASE("a state directory is created with its parents and closed to other users") {
  const scratch base;
  const fs::path dir = fs::path(base.name) / "a/b";
  REQUIRE(make_state_dir(dir));
  CHECK(fs::status(dir).permissions() == (fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec));
  CHECK(make_state_dir(dir));
}

TEST_CASE("a state directory that cannot be made is refused by name") {
  const auto refused = make_state_dir("/dev/null/lars");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == lars::errc::io_failed);
  CHECK(refused.error().detail.find("/dev/null/lars") != std::string::npos);
}

TEST_CASE("a state directory with the path of a file is refused") {
  const scratch base;
  const fs::path file = fs::path(base.name) / "file";
  fs::create_directory_symlink(fs::path(base.name) / "absent", file);
  CHECK_FALSE(make_state_dir(file));
}

}  // namespace lars::state_dir_test
