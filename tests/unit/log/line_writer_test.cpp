#include "log/line_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "support/temp_dir.hpp"

namespace lars::line_writer_test {

using namespace std::chrono_literals;

namespace {

std::string contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// As a log makes one: it is never destroyed, since its thread may still wait for a reader.
log::line_writer& make_writer(std::size_t queue_bytes) {
  return *new log::line_writer(queue_bytes, [](std::uint64_t lost) { return "lost " + std::to_string(lost); });
}

// A FIFO whose reader is there and reads nothing until it is told to.
struct standing_reader {
  explicit standing_reader(const std::string& path) {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
  }
  ~standing_reader() { ::close(reader); }

  // Reads until lines came that tell of so many lost ones, for 10 s at most. Returns how many they told of.
  std::uint64_t read_until_told(std::uint64_t lost) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    std::string text;
    while (told_in(text) < lost && std::chrono::steady_clock::now() < until) {
      char some[4096];
      const auto size = ::read(reader, some, sizeof some);
      if (size > 0) text.append(some, static_cast<std::size_t>(size));
    }
    return told_in(text);
  }

  // Over all whole lines "lost N": a writer that empties its queue while others still fill it tells more than once.
  static std::uint64_t told_in(const std::string& text) {
    constexpr std::string_view word = "\nlost ";
    std::uint64_t sum = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
      if (text.find('\n', at + 1) != std::string::npos) sum += std::stoull(text.substr(at + word.size()));
    return sum;
  }

  int reader = -1;
};

}  // namespace

TEST_CASE("lines are written in their order, and flush() waits for them") {
  const test::temp_dir home;
  const std::string path = home.path() / "log";
  auto& out = make_writer(1 << 20);
  out.use(log::output::open(path).value());
  std::string wanted;
  for (int i = 0; i < 1000; ++i) {
    out.add(std::to_string(i));
    wanted += std::to_string(i) + '\n';
  }
  REQUIRE(out.flush(10s));
  CHECK(contents(path) == wanted);
  CHECK(out.dropped() == 0);
}

TEST_CASE("logging does not wait for a stalled reader; dropped lines are counted and reported") {
  const test::temp_dir home;
  const std::string path = home.path() / "fifo";
  standing_reader at(path);
  auto& out = make_writer(64 << 10);
  out.use(log::output::open(path).value());
  const std::string line(1000, 'x');
  for (int i = 0; i < 1000; ++i) out.add(line);
  CHECK_FALSE(out.flush(1ms));
  const auto dropped = out.dropped();
  CHECK(dropped > 500);  // the queue and the pipe hold 64 KiB each, and a line may be on its way
  CHECK(at.read_until_told(dropped) == dropped);
  CHECK(out.flush(10s));
}

TEST_CASE("a FIFO without a reader blocks no thread, and another file can replace it") {
  const test::temp_dir home;
  const std::string fifo = home.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  auto& out = make_writer(1 << 20);
  out.use(log::output::open(fifo).value());
  const std::string line(1000, 'x');
  for (int i = 0; i < 200; ++i) out.add(line);
  CHECK_FALSE(out.flush(1ms));
  const std::string file = home.path() / "log";
  out.use(log::output::open(file).value());
  out.add("last");
  REQUIRE(out.flush(10s));
  const auto text = contents(file);
  CHECK(text.starts_with(line.substr(0, 10)));
  CHECK(text.find("last\n") != std::string::npos);
}

TEST_CASE("a line starts on a new line even after an incomplete one") {
  const test::temp_dir home;
  const std::string path = home.path() / "log";
  std::ofstream(path) << "whole\nhalf a li";
  auto& out = make_writer(1 << 20);
  out.use(log::output::open(path).value());
  out.add("next");
  REQUIRE(out.flush(10s));
  CHECK(contents(path) == "whole\nhalf a li\nnext\n");
}

TEST_CASE("lines that a full disk refuses are counted, and the log can continue elsewhere") {
  const test::temp_dir home;
  auto& out = make_writer(1 << 20);
  out.use(log::output::open("/dev/full").value());
  for (int i = 0; i < 3; ++i) out.add("lost");
  REQUIRE(out.flush(10s));
  CHECK(out.dropped() == 3);
  const std::string path = home.path() / "log";
  out.use(log::output::open(path).value());
  out.add("kept");
  REQUIRE(out.flush(10s));
  CHECK(contents(path) == "kept\nlost 3\n");
}

// ThreadSanitizer lets no child of a program with threads make threads of its own; the other builds run this.
#ifndef __SANITIZE_THREAD__
TEST_CASE("after a fork the child writes its own lines and none of the parent's") {
  const test::temp_dir home;
  const std::string path = home.path() / "log";
  auto& out = make_writer(1 << 20);
  out.use(log::output::open(path).value());
  out.add("parent");
  out.before_fork();
  const pid_t child = ::fork();
  if (child == 0) {
    out.after_fork_in_child();
    out.add("child");
    ::_exit(out.flush(10s) ? 0 : 1);
  }
  out.after_fork_in_parent();
  REQUIRE(out.flush(10s));
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  const auto text = contents(path);
  CHECK((text == "parent\nchild\n" || text == "child\nparent\n"));
}
#endif

}  // namespace lars::line_writer_test
