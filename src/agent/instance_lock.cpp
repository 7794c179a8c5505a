#include "agent/instance_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lars::agent {

instance_lock::~instance_lock() {
  if (file_ >= 0) ::close(file_);
}

result<void> instance_lock::take(const std::filesystem::path& directory) {
  const auto path = directory / "agent.lock";
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) return {errc::io_failed, path.string() + ": " + std::strerror(errno)};
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK) return {errc::io_failed, "another agent runs with " + directory.string()};
  return {errc::io_failed, path.string() + ": " + std::strerror(errno)};
}

}  // namespace lars::agent
