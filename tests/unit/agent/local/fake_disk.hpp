// A disk in memory, which fails as a test says.
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "agent/local/file_calls.hpp"

namespace lars::test {

enum class disk_call { open, close, read, write, size, truncate, reserve, sync, rename, unlink };

// Lifetime: outlives the files on it. Threads: one at a time.
class fake_disk final : public agent::file_calls {
public:
  static constexpr int forever = std::numeric_limits<int>::max();

  // The call fails with this errno `times` times, after `skip` calls that work as usual.
  void fail(disk_call call, int error, int times = forever, int skip = 0) { failures_[call] = {error, skip, times}; }
  // Failures end.
  void heal() { failures_.clear(); }
  // Files can grow by so many bytes in all. A write that does not fit is cut short; the next one fails with ENOSPC.
  void set_space(std::uint64_t bytes) { space_ = bytes; }
  // A read or write transfers so many bytes at most.
  void set_most_transfer(std::size_t bytes) { most_transfer_ = bytes; }

  bool has(const std::string& path) const { return names_.contains(path); }
  std::size_t files() const { return names_.size(); }
  std::size_t open_files() const { return open_.size(); }
  // The content of a file. REQUIRES: has(path).
  std::string& content(const std::string& path) { return *names_.at(path); }

  int open(const char* path, int flags, mode_t) override {
    if (fails(disk_call::open)) return -1;
    auto& file = (flags & O_DIRECTORY) != 0 ? directory_ : names_[path];
    if (!file || (flags & O_TRUNC) != 0) file = std::make_shared<std::string>();
    open_[++last_] = file;
    return last_;
  }
  int close(int file) override { return open_.erase(file) == 1 ? 0 : failed(EBADF); }
  ssize_t pread(int file, void* to, std::size_t bytes, off_t offset) override {
    if (fails(disk_call::read)) return -1;
    const auto* const from = find(file);
    if (from == nullptr) return failed(EBADF);
    const auto at = std::min(from->size(), static_cast<std::size_t>(offset));
    const auto count = std::min({bytes, from->size() - at, most_transfer_});
    std::memcpy(to, from->data() + at, count);
    return static_cast<ssize_t>(count);
  }
  ssize_t pwrite(int file, const void* from, std::size_t bytes, off_t offset) override {
    if (fails(disk_call::write)) return -1;
    auto* const to = find(file);
    if (to == nullptr) return failed(EBADF);
    const auto at = static_cast<std::size_t>(offset);
    const auto count = std::min({bytes, most_transfer_, std::max(to->size() + space_, at) - at});
    if (count == 0) return failed(ENOSPC);
    if (at + count > to->size()) grow(*to, at + count);
    to->replace(at, count, static_cast<const char*>(from), count);
    return static_cast<ssize_t>(count);
  }
  off_t size(int file) override {
    if (fails(disk_call::size)) return -1;
    const auto* const of = find(file);
    return of == nullptr ? failed(EBADF) : static_cast<off_t>(of->size());
  }
  int ftruncate(int file, off_t bytes) override {
    if (fails(disk_call::truncate)) return -1;
    find(file)->resize(static_cast<std::size_t>(bytes));
    return 0;
  }
  int fallocate(int file, off_t offset, off_t bytes) override {
    if (fails(disk_call::reserve)) return -1;
    auto& all = *find(file);
    const auto end = static_cast<std::size_t>(offset + bytes);
    if (end <= all.size()) return 0;
    if (end - all.size() > space_) return failed(ENOSPC);
    grow(all, end);
    return 0;
  }
  int fsync(int) override { return fails(disk_call::sync) ? -1 : 0; }
  int fdatasync(int) override { return fails(disk_call::sync) ? -1 : 0; }
  int rename(const char* from, const char* to) override {
    if (fails(disk_call::rename)) return -1;
    if (!has(from)) return failed(ENOENT);
    names_[to] = names_.at(from);
    names_.erase(from);
    return 0;
  }
  int unlink(const char* path) override {
    if (fails(disk_call::unlink)) return -1;
    return names_.erase(path) == 1 ? 0 : failed(ENOENT);
  }

private:
  struct failure {
    int error = 0;
    int skip = 0;
    int times = 0;
  };

  static int failed(int error) {
    errno = error;
    return -1;
  }
  bool fails(disk_call call) {
    const auto found = failures_.find(call);
    if (found == failures_.end() || found->second.skip-- > 0 || found->second.times-- <= 0) return false;
    errno = found->second.error;
    return true;
  }
  void grow(std::string& file, std::size_t bytes) {
    space_ -= bytes - file.size();
    file.resize(bytes);
  }
  std::string* find(int file) {
    const auto found = open_.find(file);
    return found == open_.end() ? nullptr : found->second.get();
  }

  std::map<std::string, std::shared_ptr<std::string>> names_;
  std::map<int, std::shared_ptr<std::string>> open_;
  std::shared_ptr<std::string> directory_;
  std::map<disk_call, failure> failures_;
  std::uint64_t space_ = 1u << 30;
  std::size_t most_transfer_ = std::numeric_limits<std::size_t>::max();
  int last_ = 2;
};

}  // namespace lars::test
