// Keeps a second agent off a machine's run directory.
#pragma once

#include <filesystem>
#include <lars/error.hpp>
#include <string>

namespace lars::agent {

// The lock goes with the process, however it ends. Threads: one at a time.
class instance_lock {
public:
  instance_lock() = default;
  ~instance_lock();
  instance_lock(const instance_lock&) = delete;
  instance_lock& operator=(const instance_lock&) = delete;

  // Once more where the file was removed: what was held is held until the new one is.
  // errc::io_failed: another agent holds it, or the directory cannot be written.
  result<void> take(const std::filesystem::path& directory);

  // Whether another agent that starts there would find it taken by us: false once its file or directory was removed.
  bool holds() const;

private:
  std::string path_;
  int file_ = -1;
};

}  // namespace lars::agent
