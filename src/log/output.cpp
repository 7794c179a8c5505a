#include "log/output.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lars::log {
namespace {

constexpr int ask_ms = 100;  // interval between calls of give_up()

// True if the file ends with an incomplete line, left by a killed process or a full disk.
bool ends_torn(int file) {
  struct stat about {};
  char last = '\n';
  if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0) return false;
  return ::pread(file, &last, 1, about.st_size - 1) == 1 && last != '\n';
}

bool may_go_on(int failure) { return failure == EINTR || failure == EAGAIN; }

}  // namespace

output::~output() {
  if (owns_file_) ::close(file_);
}

result<std::shared_ptr<output>> output::open(const std::string& path) {
  constexpr int flags = O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  // Read and write, so that opening a FIFO does not wait for a reader and writing does not fail when the reader leaves.
  int file = ::open(path.c_str(), O_RDWR | flags, 0644);
  if (file < 0 && errno == EACCES) file = ::open(path.c_str(), O_WRONLY | flags, 0644);
  if (file < 0) return {errc::io_failed, path + ": " + std::strerror(errno)};
  auto opened = std::make_shared<output>();
  opened->file_ = file;
  opened->owns_file_ = true;
  opened->torn_ = ends_torn(file);
  return opened;
}

bool output::write(std::string_view line, const std::function<bool()>& give_up) {
  std::string bytes = torn_ ? "\n" : "";
  bytes += line;
  bytes += '\n';
  return write_all(bytes, give_up);
}

// Writes at most PIPE_BUF bytes at a time, which a pipe accepts without blocking once poll() reports it writable.
// stderr itself cannot be made non-blocking, because other processes may share it.
bool output::write_all(std::string_view bytes, const std::function<bool()>& give_up) {
  while (!bytes.empty()) {
    pollfd event{file_, POLLOUT, 0};
    const int ready = ::poll(&event, 1, ask_ms);
    if (ready <= 0) {
      if ((ready < 0 && !may_go_on(errno)) || give_up()) return false;
      continue;
    }
    const auto written = ::write(file_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (written > 0) {
      torn_ = bytes[static_cast<std::size_t>(written) - 1] != '\n';
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (!may_go_on(errno) || give_up()) {
      return false;
    }
  }
  return true;
}

}  // namespace lars::log
