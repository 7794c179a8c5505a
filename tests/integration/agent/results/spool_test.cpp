// The spool on a real disk, killed and damaged at every point, against a model of the reporter.
#include "agent/results/spool.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "log/log.hpp"
#include "support/full_disk.hpp"
#include "support/temp_dir.hpp"

namespace lars::spool_test {

using namespace lars::agent;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t plenty = 64u << 20;
constexpr endpoint only_host{0x0a000001, 80};

base::agent_id incarnation(std::uint64_t number) {
  base::agent_id id;
  std::memcpy(id.bytes.data(), &number, sizeof number);
  id.bytes[15] = 1;
  return id;
}

std::vector<proto::status_report> one_report(std::uint64_t calls, std::uint32_t ts = 1000) {
  proto::status_report report;
  report.key = {1, 1};
  report.ts = ts;
  report.results.push_back({only_host, 0, 0, false, {}});
  report.results[0].delta.succ = calls;
  return {report};
}

// Applies each batch exactly once.
struct model_reporter {
  // What it would acknowledge.
  std::uint64_t take(const spooled_batch& batch) {
    auto& last = progress[batch.agent];
    if (batch.seq == last + 1) {
      const auto report = read_report(batch.frame);
      REQUIRE(report);
      for (const auto& one : report->results) calls += one.delta.calls();
      ++last;
    }
    return last;
  }
  std::map<base::agent_id, std::uint64_t> progress;
  std::uint64_t calls = 0;
};

// One process's spool and counters in `dir`.
struct life {
  life(const fs::path& dir, std::uint64_t number, std::size_t bound = plenty) : box(dir / "status", bound, stats) {
    const auto opened = box.open(incarnation(number), counters, {1000});
    REQUIRE(opened);
    row = counters.allocate({1, 1}, only_host);
  }

  void call(std::uint64_t times) { row->banks[counters.active_bank()].succ += times; }

  // `stop_after`: how far it gets before the process dies. 3 = all of it.
  void drain(int stop_after = 3, std::uint32_t ts = 1000) {
    counters.begin_drain({1000});
    const auto calls = row->banks[counters.drain_bank()].succ;
    if (stop_after == 0) return;
    if (calls == 0) return counters.finish_drain({});
    REQUIRE(box.append(one_report(calls, ts), {counters.drain_tick(), false}));
    if (stop_after == 1) return;
    counters.finish_drain({row});
  }

  bool try_drain() {
    counters.begin_drain({1000});
    const auto calls = row->banks[counters.drain_bank()].succ;
    const auto reports = calls > 0 ? one_report(calls) : std::vector<proto::status_report>();
    if (!box.append(reports, {counters.drain_tick(), false})) return false;
    counters.finish_drain({row});
    return true;
  }

  void send(model_reporter& reporter, bool acknowledge = true) {
    while (true) {
      const auto batches = box.read_next(1000);
      REQUIRE(batches);
      if (batches->empty()) return;
      for (const auto& batch : *batches) {
        const auto done = reporter.take(batch);
        if (acknowledge) box.release(batch.agent, done);
      }
    }
  }

  report_stats stats;
  call_counters counters;
  spool box;
  call_row* row = nullptr;
};

std::size_t files_in(const fs::path& dir) {
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(dir / "status")) files += entry.path().extension() == ".spool";
  return files;
}

fs::path only_file(const fs::path& dir) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator(dir / "status"))
    if (entry.path().extension() == ".spool") found = entry.path();
  return found;
}

}  // namespace

TEST_CASE("batches are read in order and removed when acknowledged") {
  const test::temp_dir dir;
  model_reporter reporter;
  life one(dir.path(), 1);
  for (int i = 0; i < 10; ++i) {
    one.call(5);
    one.drain();
  }
  CHECK(one.stats.waiting == 10);
  one.send(reporter);
  CHECK(reporter.calls == 50);
  CHECK(one.stats.waiting == 0);
  one.box.close();
  CHECK(files_in(dir.path()) == 1);
}

TEST_CASE("the next process reuses the disk space of an empty file") {
  const test::temp_dir dir;
  model_reporter reporter;
  fs::path before;
  {
    life one(dir.path(), 1);
    one.call(5);
    one.drain();
    one.send(reporter);
    one.box.close();
    before = only_file(dir.path());
    fs::create_hard_link(before, dir.path() / "same");
  }
  life two(dir.path(), 2);
  const auto now = only_file(dir.path());
  CHECK(now != before);
  CHECK(fs::equivalent(now, dir.path() / "same"));
  two.call(6);
  two.drain();
  two.send(reporter);
  CHECK(reporter.calls == 11);
  CHECK(reporter.progress[incarnation(2)] == 1);
}

TEST_CASE("a process that starts on a full disk uses existing files and loses nothing") {
  const test::temp_dir dir;
  model_reporter reporter;
  {
    life one(dir.path(), 1);
    one.call(1);
    one.drain();
    one.call(2);
  }
  // Not even for what the counters hold: the reserve is gone.
  const auto record = 16 + proto::encode(one_report(1)[0]).size();
  fs::resize_file(only_file(dir.path()), spool_header_size + record);
  auto full = std::make_unique<test::full_disk>(0);
  {
    life two(dir.path(), 2);
    CHECK_FALSE(two.box.ready());
    two.call(4);
    CHECK_FALSE(two.try_drain());
    two.call(8);
    CHECK(two.stats.waiting == 1);
  }
  {
    life three(dir.path(), 3);
    three.call(16);
    CHECK_FALSE(three.try_drain());
    CHECK_FALSE(three.try_drain());
    CHECK(files_in(dir.path()) == 1);
    full.reset();
    three.call(32);
    CHECK(three.try_drain());
    CHECK(three.box.ready());
    three.call(64);
  }
  life four(dir.path(), 4);
  four.send(reporter);
  CHECK(reporter.calls == 127);
}

TEST_CASE("on a disk that is full from the start counts stay in memory until there is space") {
  const test::temp_dir dir;
  model_reporter reporter;
  auto full = std::make_unique<test::full_disk>(0);
  life one(dir.path(), 1);
  CHECK(one.counters.in_memory());
  one.call(1);
  CHECK_FALSE(one.try_drain());
  full.reset();
  one.call(2);
  CHECK(one.try_drain());
  one.drain();
  one.send(reporter);
  CHECK(reporter.calls == 3);
}

TEST_CASE("a process killed anywhere in a drain loses nothing and counts nothing twice") {
  for (const int stop_after : {0, 1, 3}) {
    INFO(stop_after);
    const test::temp_dir dir;
    model_reporter reporter;
    {
      life one(dir.path(), 1);
      one.call(3);
      one.drain();
      one.call(4);
      one.drain(stop_after);
      one.call(5);
    }
    life two(dir.path(), 2);
    two.call(6);
    two.drain();
    two.send(reporter);
    CHECK(reporter.calls == 18);
  }
}

TEST_CASE("a process killed while it recovers leftover counts counts them once") {
  const test::temp_dir dir, before;
  model_reporter reporter;
  {
    life one(dir.path(), 1);
    one.call(3);
  }
  fs::copy(dir.path() / "status" / "counters", before.path() / "counters");
  { life two(dir.path(), 2); }  // has spooled them, marked as whole rows
  // As if it had died before the counters were emptied.
  fs::copy_file(before.path() / "counters", dir.path() / "status" / "counters", fs::copy_options::overwrite_existing);
  life three(dir.path(), 3);
  three.send(reporter);
  CHECK(reporter.calls == 3);
}

TEST_CASE("after a restart unacknowledged batches are sent again and counted once") {
  const test::temp_dir dir;
  model_reporter reporter;
  {
    life one(dir.path(), 1);
    one.call(3);
    one.drain();
    one.send(reporter, false);
    one.call(4);
    one.drain();
  }
  {
    life two(dir.path(), 2);
    two.send(reporter, false);
  }
  life three(dir.path(), 3);
  three.send(reporter);
  CHECK(reporter.calls == 7);
  CHECK(files_in(dir.path()) == 1);
}

TEST_CASE("two copies of a state directory are counted once") {
  const test::temp_dir dir, copy;
  model_reporter reporter;
  {
    life one(dir.path(), 1);
    one.call(3);
    one.drain();
    one.call(4);
  }
  fs::copy(dir.path(), copy.path(), fs::copy_options::recursive);
  life first(dir.path(), 2), second(copy.path(), 3);
  first.send(reporter);
  second.send(reporter);
  CHECK(reporter.calls == 7);
}

TEST_CASE("a reset file ignores old records") {
  const test::temp_dir dir;
  model_reporter reporter;
  {
    life one(dir.path(), 1);
    for (int i = 0; i < 5; ++i) {
      one.call(100);
      one.drain();
    }
    one.send(reporter);
    one.call(1);
    one.drain();
  }
  life two(dir.path(), 2);
  CHECK(two.stats.waiting == 1);
  two.send(reporter);
  CHECK(reporter.calls == 501);
}

TEST_CASE("a long spool drops acknowledged records before all are acknowledged") {
  const test::temp_dir dir;
  model_reporter reporter;
  life one(dir.path(), 1);
  std::vector<proto::status_report> large(1);
  large[0].key = {1, 1};
  for (std::uint32_t i = 0; i < 400; ++i) large[0].results.push_back({{i, 80}, 7, 7, false, {1, 1, 1, 1, {}}});
  for (std::uint64_t tick = 1; tick <= 400; ++tick) REQUIRE(one.box.append(large, {0, false}));
  const std::uint64_t full = one.stats.spool_bytes;
  REQUIRE(full > 2u << 20);
  std::uint64_t sent = 0;
  while (sent < 300) {
    const auto batches = one.box.read_next(1 << 16);
    for (const auto& batch : *batches) {
      one.box.release(batch.agent, reporter.take(batch));
      ++sent;
    }
  }
  CHECK(one.stats.spool_bytes < full / 2);
  one.send(reporter);
  CHECK(reporter.calls == 400u * 400 * 2);
}

TEST_CASE("at its limit the spool merges unsent batches without loss") {
  const test::temp_dir dir;
  model_reporter reporter;
  std::uint64_t calls = 0;
  {
    life one(dir.path(), 1, 50'000);
    one.call(9);
    one.drain();
    REQUIRE(one.box.read_next(1));  // this one may have been sent
    for (std::uint32_t second = 0; second < 6000; ++second) {
      one.call(second);
      one.drain(3, 1000 + second);
      calls += second;
    }
    CHECK(one.stats.merged > 1000);
    CHECK(one.stats.spool_bytes <= 50'000);
  }
  life two(dir.path(), 2, 50'000);
  two.send(reporter);
  CHECK(reporter.calls == calls + 9);
}

TEST_CASE("if merging does not help, appends are refused and nothing is lost") {
  const test::temp_dir dir;
  model_reporter reporter;
  life one(dir.path(), 1, 400);
  std::uint64_t calls = 0;
  int refused = 0;
  for (std::uint32_t i = 0; i < 50; ++i) {
    one.call(1);
    ++calls;
    one.counters.begin_drain({1000});
    const auto held = one.row->banks[one.counters.drain_bank()].succ;
    if (held > 0) {
      const auto added = one.box.append(one_report(held, i * 100'000), {one.counters.drain_tick(), false});
      if (!added) {
        CHECK(added.error().code == errc::too_large);
        ++refused;
        continue;
      }
    }
    one.counters.finish_drain({one.row});
  }
  CHECK(refused > 0);
  CHECK(one.stats.spool_bytes <= 400);
  one.send(reporter);
  one.drain();
  one.counters.finish_drain({one.row});
  one.drain();
  one.send(reporter);
  CHECK(reporter.calls <= calls);
  CHECK(reporter.calls + one.row->banks[0].succ + one.row->banks[1].succ == calls);
}

TEST_CASE("an incarnation lost by its reporters continues under another id") {
  const test::temp_dir dir;
  model_reporter reporter;
  life one(dir.path(), 1);
  one.call(3);
  one.drain();
  one.send(reporter);
  one.call(4);
  one.drain();
  reporter.progress.clear();  // its database was put back
  REQUIRE(one.box.rename_agent(incarnation(1), incarnation(77)));
  one.send(reporter);
  CHECK(reporter.calls == 7);
  CHECK(reporter.progress[incarnation(77)] == 1);
}

TEST_CASE("damage loses only the records after it") {
  const test::temp_dir dir;
  model_reporter reporter;
  fs::path file;
  {
    life one(dir.path(), 1);
    for (int i = 0; i < 3; ++i) {
      one.call(10);
      one.drain();
    }
    for (const auto& entry : fs::directory_iterator(dir.path() / "status"))
      if (entry.path().extension() == ".spool") file = entry.path();
  }
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  const auto frame_size = proto::encode(one_report(10)[0]).size();
  stream.seekp(static_cast<std::streamoff>(spool_header_size + 2 * (16 + frame_size) + 20));
  stream.put('\x7f');
  stream.close();
  life two(dir.path(), 2);
  two.send(reporter);
  CHECK(reporter.calls == 20);
}

TEST_CASE("a file with an implausible loaded_seq treats all batches as sent and merges none") {
  const test::temp_dir dir;
  const auto path = dir.path() / "1.spool";
  {
    auto made = spool_file::create(path, incarnation(1));
    REQUIRE(made);
    std::vector<std::string> frames;
    for (int i = 0; i < 5; ++i) frames.push_back(proto::encode(one_report(10)[0]));
    REQUIRE((*made)->append(frames, {1, false}));
  }
  for (const std::uint64_t sent : {UINT64_MAX, UINT64_MAX - 1, std::uint64_t{9}}) {
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(loaded_seq_offset);
    stream << make_loaded_seq(sent);
    stream.close();
    const auto log_path = dir.path() / std::to_string(sent);
    REQUIRE(log::configure({log::level::warn, log::format::text, log_path}));
    auto file = spool_file::load(path, [](auto, const auto&) {});
    REQUIRE(log::flush(std::chrono::seconds(5)));
    REQUIRE(log::configure({}));
    REQUIRE(file);
    REQUIRE(*file);
    // Of a number that no spool reaches nobody learns how many batches are gone.
    std::stringstream lines;
    lines << std::ifstream(log_path).rdbuf();
    CHECK(lines.str().find(sent == 9 ? "kept=5 lost=4" : "kept=5 lost=unknown") != std::string::npos);
    CHECK_FALSE((*file)->may_append());
    const auto merged = (*file)->merge(86400);
    REQUIRE(merged);
    CHECK(*merged == 0);
    CHECK((*file)->batches() == 5);
    CHECK((*file)->read_next(1 << 20)->size() == 5);
    CHECK((*file)->is_fully_read());
  }
}

TEST_CASE("a file of another format in the spool directory is renamed") {
  const test::temp_dir dir;
  fs::create_directories(dir.path() / "status");
  std::ofstream(dir.path() / "status" / "x.spool") << "what is this";
  const life one(dir.path(), 1);
  CHECK(fs::exists(dir.path() / "status" / "x.spool.damaged"));
}

namespace {

// A child counts, drains and sends acknowledgement-less until it is killed; what it counted is told through a pipe
// before each call is made, so at most the last word is uncertain and is asked of the counters' own row.
std::uint64_t run_and_kill(const fs::path& dir, std::uint64_t number, std::mt19937_64& random) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    life one(dir, number);
    while (true) {
      // One store counts one call; the word before it is taken back by the reader if the store was not made.
      if (::write(ends[1], "c", 1) != 1) ::_exit(1);
      one.call(1);
      if (::write(ends[1], "d", 1) != 1) ::_exit(1);
      if (random() % 3 == 0) one.drain();
    }
  }
  ::close(ends[1]);
  std::uint64_t calls = 0;
  char last = 'd';
  const std::uint64_t wanted = random() % 2000;
  char word = 0;
  while (::read(ends[0], &word, 1) == 1) {
    if (word == 'd') ++calls;
    last = word;
    if (calls == wanted) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  // Told before and not after: it may have been made.
  return last == 'c' ? calls * 2 + 1 : calls * 2;
}

}  // namespace

TEST_CASE("processes killed at random times lose nothing and count nothing twice") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    INFO(seed);
    std::mt19937_64 random(seed);
    const test::temp_dir dir;
    model_reporter reporter;
    std::uint64_t least = 0, most = 0;
    for (std::uint64_t number = 1; number <= 12; ++number) {
      const auto told = run_and_kill(dir.path(), number, random);
      least += told / 2;
      most += told / 2 + told % 2;
    }
    life last(dir.path(), 100);
    last.send(reporter);
    CHECK(reporter.calls >= least);
    CHECK(reporter.calls <= most);
  }
}

}  // namespace lars::spool_test
