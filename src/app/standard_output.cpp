#include "app/standard_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lars::app {
namespace {

constexpr std::size_t buffer_size = 16384;

}  // namespace

output_failed::output_failed(int number)
    : std::runtime_error(std::string("cannot write to standard output: ") + std::strerror(number)), number_(number) {}

bool output_failed::reader_left() const { return number_ == EPIPE; }

output_buffer::output_buffer(int descriptor, bool open)
    : descriptor_(descriptor),
      terminal_(open && ::isatty(descriptor) == 1),
      failure_(open ? 0 : EBADF),
      room_(buffer_size) {
  setp(room_.data(), room_.data() + room_.size());
}

std::streambuf::int_type output_buffer::overflow(int_type byte) {
  write_out();
  if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
  return sputc(traits_type::to_char_type(byte));
}

// A terminal gets each line as soon as it is complete.
std::streamsize output_buffer::xsputn(const char* bytes, std::streamsize count) {
  const auto taken = std::streambuf::xsputn(bytes, count);
  if (terminal_ && std::memchr(bytes, '\n', static_cast<std::size_t>(count)) != nullptr) write_out();
  return taken;
}

int output_buffer::sync() {
  write_out();
  return 0;
}

void output_buffer::write_out() {
  const char* from = pbase();
  while (from < pptr()) {
    if (failure_ != 0) fail(failure_);
    const auto written = ::write(descriptor_, from, static_cast<std::size_t>(pptr() - from));
    if (written >= 0) {
      from += written;
    } else if (errno == EAGAIN) {
      // Another process that shares the pipe made it non-blocking.
      pollfd room{descriptor_, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      fail(errno);
    }
  }
  setp(room_.data(), room_.data() + room_.size());
}

void output_buffer::fail(int number) {
  failure_ = number;
  setp(room_.data(), room_.data() + room_.size());
  throw output_failed(number);
}

standard_output::standard_output()
    : std::ostream(nullptr), buffer_(STDOUT_FILENO, ::fcntl(STDOUT_FILENO, F_GETFD) >= 0) {
  rdbuf(&buffer_);
  exceptions(std::ios::badbit);
}

bool is_terminal(const std::ostream& out) {
  const auto* const output = dynamic_cast<const standard_output*>(&out);
  return output != nullptr && output->terminal();
}

}  // namespace lars::app
