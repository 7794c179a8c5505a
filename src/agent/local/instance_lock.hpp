// Prevents a second agent from using the same directory.
#pragma once

#include <filesystem>
#include <lars/error.hpp>
#include <string>

namespace lars::agent {

// The kernel releases the lock when the process ends, however it ends. Threads: one at a time.
class instance_lock {
public:
  instance_lock() = default;
  ~instance_lock();
  instance_lock(const instance_lock&) = delete;
  instance_lock& operator=(const instance_lock&) = delete;

  // May be called again after the file was removed; the previous lock is kept until the new one is held.
  // errc::io_failed: another agent holds the lock, or the directory is not writable.
  result<void> acquire(const std::filesystem::path& directory);

  // Whether the lock still excludes other agents: false once its file or directory was removed.
  bool holds() const;

private:
  std::string path_;
  int file_ = -1;
};

}  // namespace lars::agent
