// Errors of the disk: what the caller learns, and what is kept.
#include "agent/results/spool_file.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "../local/fake_disk.hpp"

namespace lars::spool_file_test {

using namespace lars::agent;
using test::disk_call;
using test::fake_disk;

namespace {

constexpr auto path = "/state/1.spool";
constexpr std::size_t unlimited = 64u << 20;
constexpr std::size_t record_prefix = 16;

const auto first_agent = base::agent_id::from_draws(1, 1);
const auto second_agent = base::agent_id::from_draws(2, 2);

// A report of one host; reports of up to 127 calls have the same length.
std::string frame_of(std::uint32_t calls, std::uint32_t time = 1000) {
  proto::status_report report;
  report.key = {1, 1};
  report.ts = time;
  report.results.push_back({{0x0a000001, 80}, 0, 0, false, {}});
  report.results[0].delta.succ = calls;
  return proto::encode(report);
}

std::uint64_t calls_in(std::string_view frame) {
  const auto report = read_report(frame);
  REQUIRE(report);
  std::uint64_t calls = 0;
  for (const auto& result : report->results) calls += result.delta.succ;
  return calls;
}

using seqs = std::vector<std::uint64_t>;
using calls = std::vector<std::uint64_t>;

// The calls of each unread batch, in order.
calls read_all(spool_file& file) {
  calls found;
  while (true) {
    const auto batches = file.read_next(unlimited);
    REQUIRE(batches);
    if (batches->empty()) return found;
    for (const auto& batch : *batches) found.push_back(calls_in(batch.frame));
  }
}

// A spool file on a disk, and what the next process finds there.
struct spool_on_disk {
  spool_on_disk() {
    auto created = spool_file::create(path, first_agent, disk);
    REQUIRE(created);
    file = *std::move(created);
  }
  result<void> append(std::vector<std::uint32_t> batches, std::uint64_t tick = 1) {
    std::vector<std::string> frames;
    for (const auto count : batches) frames.push_back(frame_of(count));
    return file->append(frames, {tick, false});
  }
  // The calls of each batch that another process would find on the disk.
  calls after_restart() {
    calls found;
    auto loaded = spool_file::load(
        path, [&](spool_mark, const proto::status_report& report) { found.push_back(report.results.at(0).delta.succ); },
        disk);
    REQUIRE(loaded);
    REQUIRE(*loaded);
    return found;
  }
  std::uint64_t offset_of(std::size_t record) const {
    return spool_header_size + record * (record_prefix + frame_of(1).size());
  }
  std::string& content() { return disk.content(path); }

  fake_disk disk;
  std::unique_ptr<spool_file> file;
};

}  // namespace

TEST_CASE("a file that cannot be created leaves nothing behind") {
  fake_disk disk;
  SECTION("no file can be opened") { disk.fail(disk_call::open, EMFILE); }
  SECTION("there is no space for a header") { disk.set_space(spool_header_size - 1); }
  SECTION("the header cannot be written") { disk.fail(disk_call::write, EIO); }
  const auto created = spool_file::create(path, first_agent, disk);
  REQUIRE_FALSE(created);
  CHECK(created.error().code == errc::io_failed);
  CHECK_FALSE(disk.has(path));
  CHECK(disk.open_files() == 0);
}

TEST_CASE("a disk that is too full for the reserve still takes a file") {
  fake_disk disk;
  disk.set_space(1000);
  const auto created = spool_file::create(path, first_agent, disk);
  REQUIRE(created);
  CHECK((*created)->append({frame_of(1)}, {1, false}));
}

TEST_CASE("a failed append appends nothing") {
  spool_on_disk spool;
  // Use up the reserve's space, so that appends need more.
  spool.content().resize(spool_header_size);
  REQUIRE(spool.append({1}));
  SECTION("the disk is full: it is refused as a whole, although the first batch would fit") {
    spool.disk.set_space(spool.offset_of(1) - spool.offset_of(0) + 1);
  }
  SECTION("the first write fails; the end is marked again") { spool.disk.fail(disk_call::write, EIO, 1); }
  SECTION("every write fails") { spool.disk.fail(disk_call::write, EIO); }
  const auto appended = spool.append({2, 3}, 2);
  REQUIRE_FALSE(appended);
  CHECK(appended.error().code == errc::io_failed);
  CHECK(spool.file->batches() == 1);
  CHECK(spool.after_restart() == calls{1});
  // The same drain once the disk works again.
  spool.disk.heal();
  spool.disk.set_space(unlimited);
  REQUIRE(spool.append({2, 3}, 2));
  CHECK(spool.after_restart() == calls{1, 2, 3});
  CHECK(read_all(*spool.file) == calls{1, 2, 3});
}

TEST_CASE("no batch of an append that failed after a part is found behind the next append") {
  spool_on_disk spool;
  REQUIRE(spool.append({1}));
  // Two batches reach the disk, the third one does not.
  spool.disk.set_most_transfer(spool.offset_of(2) - spool.offset_of(0));
  spool.disk.fail(disk_call::write, EIO, 1, 1);
  REQUIRE_FALSE(spool.append({2, 3, 4}, 2));
  spool.disk.heal();
  CHECK(spool.after_restart() == calls{1});
  // The next batch has the length of the first one that was not appended.
  REQUIRE(spool.append({5}, 2));
  CHECK(spool.after_restart() == calls{1, 5});
}

TEST_CASE("batches count as possibly sent before they are returned") {
  spool_on_disk spool;
  REQUIRE(spool.append({1, 2}));
  // Their mark cannot be written: they are not returned, for the next process might merge them after they were sent.
  spool.disk.fail(disk_call::write, EIO);
  CHECK(spool.file->read_next(unlimited).error().code == errc::io_failed);
  CHECK_FALSE(spool.file->is_fully_read());
  // They are returned once the disk works.
  spool.disk.heal();
  CHECK(read_all(*spool.file) == calls{1, 2});
  CHECK(spool.file->is_fully_read());
}

TEST_CASE("a read that fails returns nothing and loses nothing") {
  spool_on_disk spool;
  REQUIRE(spool.append({1, 2}));
  spool.disk.fail(disk_call::read, EIO, 1);
  CHECK(spool.file->read_next(unlimited).error().code == errc::io_failed);
  CHECK(read_all(*spool.file) == calls{1, 2});
}

TEST_CASE("batches before a corrupt record are returned, then the error") {
  spool_on_disk spool;
  REQUIRE(spool.append({1, 2, 3}));
  spool.content()[spool.offset_of(1) + record_prefix] ^= 1;
  const auto readable = spool.file->read_next(unlimited);
  REQUIRE(readable);
  REQUIRE(readable->size() == 1);
  CHECK(calls_in(readable->front().frame) == 1);
  const auto corrupt = spool.file->read_next(unlimited);
  REQUIRE_FALSE(corrupt);
  CHECK(corrupt.error().text().find("corrupt record at offset") != std::string::npos);
  // The batch that was returned can be released.
  spool.file->release(1);
  CHECK(spool.file->batches() == 3);
  // A restart finds the batches before the damage.
  CHECK(spool.after_restart() == calls{1});
}

TEST_CASE("a file that was cut off is reported, and what is in it is kept") {
  spool_on_disk spool;
  REQUIRE(spool.append({1, 2}));
  spool.content().resize(spool.offset_of(1) + 3);
  CHECK(spool.file->read_next(unlimited)->size() == 1);
  CHECK_FALSE(spool.file->read_next(unlimited));
  CHECK(spool.after_restart() == calls{1});
}

TEST_CASE("a file that vanished is still written: its directory entry is gone, its batches are not") {
  spool_on_disk spool;
  REQUIRE(spool.append({1}));
  spool.disk.unlink(path);
  REQUIRE(spool.append({2}));
  CHECK(read_all(*spool.file) == calls{1, 2});
  spool.file->release(2);
  CHECK(spool.file->empty());
}

TEST_CASE("a file that cannot be reset keeps its batches until the next release") {
  spool_on_disk spool;
  REQUIRE(spool.append({1, 2}));
  REQUIRE(read_all(*spool.file) == calls{1, 2});
  spool.disk.fail(disk_call::write, EIO);
  spool.file->release(2);
  CHECK_FALSE(spool.file->empty());
  // What follows is appended behind them.
  spool.disk.heal();
  REQUIRE(spool.append({3}));
  CHECK(read_all(*spool.file) == calls{3});
  // The next release resets the file.
  spool.file->release(3);
  CHECK(spool.file->empty());
  CHECK(spool.after_restart().empty());
}

TEST_CASE("a file that cannot be truncated after its release is reset all the same") {
  spool_on_disk spool;
  const std::string large(2u << 20, 'x');
  REQUIRE(spool.file->append({large}, {1, false}));
  REQUIRE(spool.file->read_next(1)->size() == 1);
  spool.disk.fail(disk_call::truncate, EIO);
  spool.file->release(1);
  CHECK(spool.file->empty());
  REQUIRE(spool.append({2}));
  CHECK(spool.after_restart() == calls{2});
}

TEST_CASE("acknowledged batches that cannot be dropped stay in the file") {
  spool_on_disk spool;
  const std::string large(2u << 20, 'x');
  REQUIRE(spool.file->append({large}, {1, false}));
  REQUIRE(spool.append({2}));
  REQUIRE(spool.file->read_next(unlimited)->size() == 2);
  const auto before = spool.file->bytes();
  SECTION("the rest cannot be read") { spool.disk.fail(disk_call::read, EIO); }
  SECTION("the rest is cut off") { spool.content().resize(before - 1); }
  SECTION("the smaller file has no space") { spool.disk.set_space(0); }
  SECTION("the smaller file cannot be synced") { spool.disk.fail(disk_call::sync, EIO); }
  SECTION("the smaller file cannot be renamed") { spool.disk.fail(disk_call::rename, EIO); }
  spool.file->release(1);
  CHECK(spool.file->bytes() == before);
  CHECK(spool.file->batches() == 2);
  CHECK(spool.disk.files() == 1);
}

TEST_CASE("a merge that fails leaves the file unchanged") {
  spool_on_disk spool;
  REQUIRE(spool.file->append({frame_of(1, 1000), frame_of(2, 1001)}, {1, false}));
  const auto before = spool.content();
  SECTION("a batch cannot be read") { spool.disk.fail(disk_call::read, EIO, 1, 1); }
  SECTION("the merged file cannot be opened") { spool.disk.fail(disk_call::open, EMFILE); }
  SECTION("the merged file cannot be written") { spool.disk.fail(disk_call::write, ENOSPC); }
  SECTION("the merged file cannot be synced") { spool.disk.fail(disk_call::sync, EIO); }
  SECTION("the merged file cannot be renamed") { spool.disk.fail(disk_call::rename, EIO); }
  CHECK(spool.file->merge(10).error().code == errc::io_failed);
  CHECK(spool.content() == before);
  CHECK(spool.file->batches() == 2);
  // It works with the disk.
  spool.disk.heal();
  CHECK(spool.file->merge(10).value() == 1);
  CHECK(read_all(*spool.file) == calls{3});
}

TEST_CASE("a file that cannot be given to another incarnation keeps its own") {
  spool_on_disk spool;
  REQUIRE(spool.append({1, 2}));
  REQUIRE(read_all(*spool.file) == calls{1, 2});
  spool.disk.fail(disk_call::rename, EIO);
  CHECK(spool.file->rename_agent(second_agent).error().code == errc::io_failed);
  CHECK(spool.file->agent() == first_agent);
  // The batches are read again under the old id.
  spool.file->rewind();
  CHECK(read_all(*spool.file) == calls{1, 2});
}

TEST_CASE("a file that cannot be reused stays as it was") {
  spool_on_disk spool;
  spool.disk.fail(disk_call::write, EIO);
  CHECK(spool.file->reuse("/state/2.spool", second_agent).error().code == errc::io_failed);
  CHECK(spool.file->agent() == first_agent);
  CHECK(spool.file->path() == path);
}

TEST_CASE("a reused file that cannot be renamed keeps its name and gets the incarnation") {
  spool_on_disk spool;
  spool.disk.fail(disk_call::rename, EROFS);
  REQUIRE(spool.file->reuse("/state/2.spool", second_agent));
  CHECK(spool.file->agent() == second_agent);
  CHECK(spool.file->path() == path);
  REQUIRE(spool.append({1}));
  CHECK(spool.after_restart() == calls{1});
}

TEST_CASE("a file that cannot be read is an error, not an empty file") {
  spool_on_disk spool;
  REQUIRE(spool.append({1}));
  const auto load = [&] {
    return spool_file::load(
        path, [](spool_mark, const proto::status_report&) { FAIL("there is nothing to report"); }, spool.disk);
  };
  SECTION("it cannot be opened") { spool.disk.fail(disk_call::open, EACCES); }
  SECTION("its size is unknown") { spool.disk.fail(disk_call::size, EIO); }
  SECTION("its content cannot be read") { spool.disk.fail(disk_call::read, EIO); }
  SECTION("it is damaged and cannot be put aside") {
    spool.content()[0] ^= 1;
    spool.disk.fail(disk_call::rename, EROFS);
  }
  CHECK(load().error().code == errc::io_failed);
  CHECK(spool.disk.has(path));
}

TEST_CASE("a damaged header puts the whole file aside") {
  spool_on_disk spool;
  REQUIRE(spool.append({1}));
  spool.content()[0] ^= 1;
  const auto before = spool.content();
  const auto loaded = spool_file::load(
      path, [](spool_mark, const proto::status_report&) { FAIL("there is nothing to report"); }, spool.disk);
  REQUIRE(loaded);
  CHECK(*loaded == nullptr);
  CHECK_FALSE(spool.disk.has(path));
  CHECK(spool.disk.content(std::string(path) + ".damaged") == before);
}

TEST_CASE("a file that lost batches which may have been sent takes no more of them") {
  spool_on_disk spool;
  REQUIRE(spool.append({1, 2}));
  REQUIRE(read_all(*spool.file) == calls{1, 2});
  spool.content().resize(spool.offset_of(1));
  const auto loaded = spool_file::load(
      path, [](spool_mark, const proto::status_report&) {}, spool.disk);
  REQUIRE(loaded);
  CHECK((*loaded)->batches() == 1);
  CHECK_FALSE((*loaded)->may_append());
}

}  // namespace lars::spool_file_test
