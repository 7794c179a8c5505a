// The system calls that files of the agent's state need; replaceable in tests.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace lars::agent {

// Each works like its namesake in POSIX: -1 and errno on error. Threads: blocking; any thread.
class file_calls {
public:
  // Those of the operating system.
  static file_calls& of_system();

  virtual ~file_calls() = default;

  virtual int open(const char* path, int flags, mode_t mode);
  virtual int close(int file);
  virtual ssize_t pread(int file, void* to, std::size_t bytes, off_t offset);
  virtual ssize_t pwrite(int file, const void* from, std::size_t bytes, off_t offset);
  virtual off_t size(int file);
  virtual int ftruncate(int file, off_t bytes);
  virtual int fallocate(int file, off_t offset, off_t bytes);
  virtual int fsync(int file);
  virtual int fdatasync(int file);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
};

}  // namespace lars::agent
