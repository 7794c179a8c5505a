#include "agent/local/disk_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace lars::agent {

bool is_out_of_room(int number) { return number == ENOSPC || number == EDQUOT || number == EFBIG; }

disk_file::~disk_file() {
  if (file_ >= 0) calls_.close(file_);
}

error disk_file::failed(const char* what) const {
  return {errc::io_failed, path_.string() + ": " + what + ": " + std::strerror(errno)};
}

bool disk_file::write_whole(int file, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto written = calls_.pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return true;
}

// A rename survives a power cut only once the directory is synced.
void disk_file::sync_directory() {
  const int handle = calls_.open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (handle < 0) return;
  calls_.fsync(handle);
  calls_.close(handle);
}

result<void> disk_file::open() {
  file_ = calls_.open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (file_ < 0) return failed("open");
  return {};
}

result<std::string> disk_file::read(std::uint64_t offset, std::size_t bytes) const {
  std::string text(bytes, '\0');
  std::size_t total = 0;
  while (total < bytes) {
    const auto count = calls_.pread(file_, text.data() + total, bytes - total, static_cast<off_t>(offset + total));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read");
    if (count == 0) break;
    total += static_cast<std::size_t>(count);
  }
  text.resize(total);
  return text;
}

result<void> disk_file::write(std::uint64_t offset, std::string_view bytes) {
  if (!write_whole(file_, bytes, offset)) return failed("write");
  return {};
}

result<std::uint64_t> disk_file::size() const {
  const auto bytes = calls_.size(file_);
  if (bytes < 0) return failed("stat");
  return static_cast<std::uint64_t>(bytes);
}

result<void> disk_file::truncate(std::uint64_t bytes) {
  if (calls_.ftruncate(file_, static_cast<off_t>(bytes)) != 0) return failed("truncate");
  return {};
}

result<void> disk_file::reserve(std::uint64_t offset, std::uint64_t bytes) {
  if (bytes == 0) return {};
  while (calls_.fallocate(file_, static_cast<off_t>(offset), static_cast<off_t>(bytes)) != 0)
    if (errno != EINTR) return failed("reserve");
  return {};
}

result<void> disk_file::rename(std::filesystem::path to) {
  if (calls_.rename(path_.c_str(), to.c_str()) != 0) return failed("rename");
  path_ = std::move(to);
  return {};
}

result<void> disk_file::replace(std::string_view bytes) {
  auto temporary = path_;
  temporary += ".new";
  const int replacement = calls_.open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (replacement < 0) return failed("rewrite");
  // Sync the new file before renaming it over the old one.
  if (!write_whole(replacement, bytes, 0) || calls_.fsync(replacement) != 0 ||
      calls_.rename(temporary.c_str(), path_.c_str()) != 0) {
    const auto failure = failed("rewrite");
    calls_.close(replacement);
    calls_.unlink(temporary.c_str());
    return failure;
  }
  calls_.close(std::exchange(file_, replacement));
  sync_directory();
  return {};
}

result<void> disk_file::sync() {
  while (calls_.fdatasync(file_) != 0)
    if (errno != EINTR) return failed("sync");
  return {};
}

result<void> disk_file::quarantine() {
  auto aside = path_;
  aside += ".damaged";
  if (calls_.rename(path_.c_str(), aside.c_str()) != 0) return failed("rename");
  calls_.close(std::exchange(file_, -1));
  return {};
}

void disk_file::remove() { calls_.unlink(path_.c_str()); }

}  // namespace lars::agent
