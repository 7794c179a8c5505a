// Errors of the operating system, one branch at a time.
#include "agent/local/disk_file.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "fake_disk.hpp"

namespace lars::disk_file_test {

using agent::disk_file;
using test::disk_call;
using test::fake_disk;

namespace {

constexpr auto path = "/state/file";
constexpr auto temporary = "/state/file.new";

// An open file with a content.
struct open_file {
  explicit open_file(const std::string& content = "old content") {
    REQUIRE(file.open());
    REQUIRE(file.write(0, content));
  }
  const std::string& content() { return disk.content(path); }

  fake_disk disk;
  disk_file file{path, disk};
};

// The text names the file, what failed, and why.
bool tells(const error& failure, const std::string& what, int why) {
  return failure.code == errc::io_failed &&
         failure.detail == std::string(path) + ": " + what + ": " + std::strerror(why);
}

}  // namespace

TEST_CASE("an error says which file, which step and why") {
  open_file open;
  SECTION("open") {
    disk_file other(path, open.disk);
    open.disk.fail(disk_call::open, EACCES);
    CHECK(tells(other.open().error(), "open", EACCES));
  }
  SECTION("read") {
    open.disk.fail(disk_call::read, EIO);
    CHECK(tells(open.file.read(0, 3).error(), "read", EIO));
  }
  SECTION("write") {
    open.disk.fail(disk_call::write, EIO);
    CHECK(tells(open.file.write(0, "new").error(), "write", EIO));
  }
  SECTION("stat") {
    open.disk.fail(disk_call::size, EIO);
    CHECK(tells(open.file.size().error(), "stat", EIO));
  }
  SECTION("truncate") {
    open.disk.fail(disk_call::truncate, EIO);
    CHECK(tells(open.file.truncate(1).error(), "truncate", EIO));
  }
  SECTION("reserve") {
    open.disk.fail(disk_call::reserve, ENOSPC);
    CHECK(tells(open.file.reserve(0, 100).error(), "reserve", ENOSPC));
  }
  SECTION("sync") {
    open.disk.fail(disk_call::sync, EIO);
    CHECK(tells(open.file.sync().error(), "sync", EIO));
  }
  SECTION("rename") {
    open.disk.fail(disk_call::rename, EXDEV);
    CHECK(tells(open.file.rename("/state/other").error(), "rename", EXDEV));
    CHECK(open.file.path() == path);
  }
  SECTION("quarantine") {
    open.disk.fail(disk_call::rename, EROFS);
    CHECK(tells(open.file.quarantine().error(), "rename", EROFS));
  }
  // Nothing that failed has an effect.
  open.disk.heal();
  CHECK(open.file.read(0, 100).value() == "old content");
}

TEST_CASE("short transfers are continued") {
  open_file open;
  open.disk.set_most_transfer(3);
  REQUIRE(open.file.write(0, "new content"));
  CHECK(open.content() == "new content");
  CHECK(open.file.read(0, 11).value() == "new content");
}

TEST_CASE("calls that a signal interrupts are repeated") {
  open_file open;
  open.disk.fail(disk_call::write, EINTR, 2);
  open.disk.fail(disk_call::read, EINTR, 2);
  open.disk.fail(disk_call::reserve, EINTR, 2);
  open.disk.fail(disk_call::sync, EINTR, 2);
  CHECK(open.file.write(0, "new"));
  CHECK(open.file.read(0, 3).value() == "new");
  CHECK(open.file.reserve(0, 100));
  CHECK(open.file.sync());
}

TEST_CASE("a read at the end of the file returns what there is") {
  open_file open;
  CHECK(open.file.read(4, 100).value() == "content");
  CHECK(open.file.read(100, 100).value().empty());
}

TEST_CASE("a write that the disk has no space for fails after a part") {
  open_file open;
  open.disk.set_space(2);
  CHECK(tells(open.file.write(11, "more").error(), "write", ENOSPC));
  CHECK(open.content() == "old contentmo");
}

TEST_CASE("a failed replacement keeps the old content, in the open file and under its name") {
  open_file open;
  int why = EIO;
  SECTION("the new file cannot be opened") { open.disk.fail(disk_call::open, why); }
  SECTION("the disk has space for a part of it") {
    why = ENOSPC;
    open.disk.set_space(3);
  }
  SECTION("it cannot be synced") { open.disk.fail(disk_call::sync, why); }
  SECTION("it cannot be renamed") { open.disk.fail(disk_call::rename, why); }
  CHECK(tells(open.file.replace("new content").error(), "rewrite", why));
  CHECK(open.content() == "old content");
  CHECK(open.file.read(0, 100).value() == "old content");
  // Nothing is left of the new file.
  CHECK_FALSE(open.disk.has(temporary));
  CHECK(open.disk.open_files() == 1);
  // The next attempt works.
  open.disk.heal();
  open.disk.set_space(100);
  REQUIRE(open.file.replace("new content"));
  CHECK(open.file.read(0, 100).value() == "new content");
}

TEST_CASE("a new file that an earlier process left behind does not disturb a replacement") {
  open_file open;
  disk_file left(temporary, open.disk);
  REQUIRE(left.open());
  REQUIRE(left.write(0, "much longer than what replaces it"));
  REQUIRE(open.file.replace("new"));
  CHECK(open.content() == "new");
  CHECK_FALSE(open.disk.has(temporary));
}

TEST_CASE("a file that vanished can still be read, written and replaced") {
  open_file open;
  open.disk.unlink(path);
  CHECK(open.file.read(0, 100).value() == "old content");
  CHECK(open.file.write(0, "OLD"));
  CHECK_FALSE(open.disk.has(path));
  // A replacement brings it back.
  REQUIRE(open.file.replace("new"));
  CHECK(open.content() == "new");
}

TEST_CASE("a replaced file is the new one even if its directory cannot be synced") {
  open_file open;
  // The new file is opened and synced; then the directory cannot be.
  open.disk.fail(disk_call::open, EMFILE, fake_disk::forever, 1);
  REQUIRE(open.file.replace("new"));
  CHECK(open.file.read(0, 100).value() == "new");
}

TEST_CASE("a quarantined file keeps its content under another name") {
  open_file open;
  REQUIRE(open.file.quarantine());
  CHECK_FALSE(open.disk.has(path));
  CHECK(open.disk.content("/state/file.damaged") == "old content");
  CHECK(open.disk.open_files() == 0);
  // It is not read any more.
  CHECK(tells(open.file.read(0, 3).error(), "read", EBADF));
}

}  // namespace lars::disk_file_test
