// Keeps a second agent off a machine's run directory.
#pragma once

#include <filesystem>
#include <lars/error.hpp>

namespace lars::agent {

// The lock goes with the process, however it ends. Threads: main thread.
class instance_lock {
public:
  instance_lock() = default;
  ~instance_lock();
  instance_lock(const instance_lock&) = delete;
  instance_lock& operator=(const instance_lock&) = delete;

  // errc::io_failed: another agent holds it, or the directory cannot be written.
  result<void> take(const std::filesystem::path& directory);

private:
  int file_ = -1;
};

}  // namespace lars::agent
