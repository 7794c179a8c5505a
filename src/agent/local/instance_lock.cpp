#include "agent/local/instance_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file_id.hpp"

namespace lars::agent {

instance_lock::~instance_lock() {
  if (file_ >= 0) ::close(file_);
}

result<void> instance_lock::acquire(const std::filesystem::path& directory) {
  const std::string path = directory / "agent.lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return {errc::io_failed, path + ": " + std::strerror(errno)};
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    ::close(file);
    if (why == EWOULDBLOCK) return {errc::io_failed, "another agent already uses " + directory.string()};
    return {errc::io_failed, path + ": " + std::strerror(why)};
  }
  if (file_ >= 0) ::close(file_);
  file_ = file;
  path_ = path;
  return {};
}

bool instance_lock::holds() const {
  const auto ours = base::file_id_of(file_);
  return ours && base::file_id_at(path_) == ours;
}

}  // namespace lars::agent
