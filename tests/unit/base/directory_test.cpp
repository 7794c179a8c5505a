#include "base/directory.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/file_id.hpp"
#include "support/temp_dir.hpp"

namespace lars::directory_test {

namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 07777 : 0;
}

// The umask of this process for as long as it lives.
class with_umask {
public:
  explicit with_umask(mode_t mask) : before_(::umask(mask)) {}
  ~with_umask() { ::umask(before_); }
  with_umask(const with_umask&) = delete;
  with_umask& operator=(const with_umask&) = delete;

private:
  const mode_t before_;
};

}  // namespace

TEST_CASE("a created directory is for owner and group only, whatever the umask") {
  const test::temp_dir top;
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}}) {
    const with_umask masked(mask);
    const auto path = top.path() / std::to_string(mask) / "a" / "b";
    const auto made = base::make_directory(path);
    REQUIRE(made);
    CHECK(*made);
    CHECK(mode_of(path) == 0750);
    CHECK(mode_of(path.parent_path()) == (0777 & ~mask));
  }
}

TEST_CASE("an existing directory is not changed") {
  const test::temp_dir top;
  const auto path = top.path() / "open";
  fs::create_directory(path);
  fs::permissions(path, fs::perms(0777));
  for (const std::string& spelled : {path.string(), path.string() + "/", path.string() + "//"}) {
    const auto made = base::make_directory(spelled);
    REQUIRE(made);
    CHECK_FALSE(*made);
  }
  CHECK(mode_of(path) == 0777);
  fs::create_directory_symlink(path, top.path() / "link");
  CHECK_FALSE(*base::make_directory(top.path() / "link"));
}

TEST_CASE("trailing slashes and relative paths name the same directory") {
  const test::temp_dir top;
  const auto here = fs::current_path();
  fs::current_path(top.path());
  CHECK(*base::make_directory("one//two/"));
  CHECK(*base::make_directory("three"));
  CHECK_FALSE(*base::make_directory(""));
  fs::current_path(here);
  CHECK(mode_of(top.path() / "one" / "two") == 0750);
  CHECK(mode_of(top.path() / "three") == 0750);
}

TEST_CASE("an error names the path that is in the way") {
  const test::temp_dir top;
  std::ofstream(top.path() / "file") << "x";
  for (const auto& path : {top.path() / "file", top.path() / "file" / "below"}) {
    const auto made = base::make_directory(path);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == errc::io_failed);
    CHECK(made.error().detail.find((top.path() / "file").string()) == 0);
  }
}

TEST_CASE("file_id tells whether a path still leads to the same file") {
  const test::temp_dir top;
  const auto path = top.path() / "file";
  CHECK_FALSE(base::file_id_at(path));
  std::ofstream first(path);
  const auto before = base::file_id_at(path);
  REQUIRE(before);
  CHECK(base::file_id_at(path) == before);
  fs::remove(path);
  std::ofstream second(path);
  CHECK(base::file_id_at(path) != before);
  CHECK_FALSE(base::file_id_of(-1));
}

}  // namespace lars::directory_test
