#include "agent/local/file_calls.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace lars::agent {

file_calls& file_calls::of_system() {
  static file_calls calls;
  return calls;
}

int file_calls::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }

int file_calls::close(int file) { return ::close(file); }

ssize_t file_calls::pread(int file, void* to, std::size_t bytes, off_t offset) {
  return ::pread(file, to, bytes, offset);
}

ssize_t file_calls::pwrite(int file, const void* from, std::size_t bytes, off_t offset) {
  return ::pwrite(file, from, bytes, offset);
}

off_t file_calls::size(int file) {
  struct stat about {};
  return ::fstat(file, &about) == 0 ? about.st_size : -1;
}

int file_calls::ftruncate(int file, off_t bytes) { return ::ftruncate(file, bytes); }

int file_calls::fallocate(int file, off_t offset, off_t bytes) {
  errno = ::posix_fallocate(file, offset, bytes);
  return errno == 0 ? 0 : -1;
}

int file_calls::fsync(int file) { return ::fsync(file); }

int file_calls::fdatasync(int file) { return ::fdatasync(file); }

int file_calls::rename(const char* from, const char* to) { return ::rename(from, to); }

int file_calls::unlink(const char* path) { return ::unlink(path); }

}  // namespace lars::agent
