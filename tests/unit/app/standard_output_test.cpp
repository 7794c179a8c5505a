#include "app/standard_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <sstream>
#include <thread>

namespace lars::standard_output_test {

using namespace lars::app;

namespace {

// An ostream as standard_output is one, on any descriptor.
class output : public std::ostream {
public:
  explicit output(int descriptor, bool open = true) : std::ostream(nullptr), buffer_(descriptor, open) {
    rdbuf(&buffer_);
    exceptions(std::ios::badbit);
  }

private:
  output_buffer buffer_;
};

struct a_pipe {
  a_pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~a_pipe() {
    if (reads) ::close(ends[0]);
    ::close(ends[1]);
  }
  void stop_reading() {
    ::close(ends[0]);
    reads = false;
  }
  std::array<int, 2> ends{};
  bool reads = true;
};

template <class Action>
int failure_of(Action action) {
  try {
    action();
  } catch (const output_failed& failure) {
    return failure.number();
  }
  return 0;
}

}  // namespace

TEST_CASE("buffered output arrives in one write at the flush") {
  a_pipe pipe;
  output out(pipe.ends[1]);
  out << "one " << 2 << '\n' << std::flush;
  std::array<char, 16> room{};
  CHECK(::read(pipe.ends[0], room.data(), room.size()) == 6);
  CHECK(std::string(room.data()) == "one 2\n");
}

TEST_CASE("output larger than buffer and pipe arrives completely, even on a non-blocking pipe") {
  a_pipe pipe;
  REQUIRE(::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK) == 0);
  const std::string all(300'000, 'x');
  std::string got;
  std::thread reader([&] {
    std::array<char, 4096> room{};
    while (got.size() < all.size()) {
      const auto count = ::read(pipe.ends[0], room.data(), room.size());
      if (count <= 0) return;
      got.append(room.data(), static_cast<std::size_t>(count));
    }
  });
  output out(pipe.ends[1]);
  out << all << std::flush;
  reader.join();
  CHECK(got == all);
}

TEST_CASE("a full device fails at the flush, and every write after it fails too") {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  output out(full);
  out << "a line\n";
  CHECK(failure_of([&] { out << std::flush; }) == ENOSPC);
  out.clear();
  out << "another\n";
  CHECK(failure_of([&] { out << std::flush; }) == ENOSPC);
  ::close(full);
}

TEST_CASE("output larger than the buffer fails during the write, so an endless command ends") {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  output out(full);
  int lines = 0;
  const int number = failure_of([&] {
    for (; lines < 1'000'000; ++lines) out << "a line\n";
  });
  CHECK(number == ENOSPC);
  CHECK(lines < 10'000);
  ::close(full);
}

TEST_CASE("a descriptor that was closed at the start is never written to") {
  a_pipe pipe;
  output out(pipe.ends[1], false);
  out << "a line\n";
  CHECK(failure_of([&] { out << std::flush; }) == EBADF);
  REQUIRE(::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK) == 0);
  std::array<char, 16> room{};
  CHECK(::read(pipe.ends[0], room.data(), room.size()) == -1);
}

TEST_CASE("without output nothing fails") {
  output out(-1, false);
  CHECK(failure_of([&] { out << std::flush; }) == 0);
}

TEST_CASE("a closed pipe is distinguished from other failures") {
  std::signal(SIGPIPE, SIG_IGN);
  a_pipe pipe;
  pipe.stop_reading();
  output out(pipe.ends[1]);
  out << "a line\n";
  CHECK(failure_of([&] { out << std::flush; }) == EPIPE);
  CHECK(output_failed(EPIPE).reader_left());
  CHECK_FALSE(output_failed(ENOSPC).reader_left());
  CHECK(std::string(output_failed(ENOSPC).what()) == "cannot write to standard output: No space left on device");
}

TEST_CASE("no other stream is a terminal") { CHECK_FALSE(is_terminal(std::ostringstream())); }

}  // namespace lars::standard_output_test
