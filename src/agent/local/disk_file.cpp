#include "agent/local/disk_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace lars::agent {
namespace {

bool write_whole(int file, std::string_view bytes, off_t offset) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(file, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += written;
  }
  return true;
}

// A rename survives a power cut only once the directory is synced.
void sync_directory(const std::filesystem::path& directory) {
  const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  ::fsync(handle);
  ::close(handle);
}

}  // namespace

bool is_out_of_room(int number) { return number == ENOSPC || number == EDQUOT || number == EFBIG; }

disk_file::~disk_file() {
  if (file_ >= 0) ::close(file_);
}

error disk_file::failed(const char* what) const {
  return {errc::io_failed, path_.string() + ": " + what + ": " + std::strerror(errno)};
}

result<void> disk_file::open() {
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (file_ < 0) return failed("open");
  return {};
}

result<std::string> disk_file::read(std::uint64_t offset, std::size_t bytes) const {
  std::string text(bytes, '\0');
  std::size_t total = 0;
  while (total < bytes) {
    const auto count = ::pread(file_, text.data() + total, bytes - total, static_cast<off_t>(offset + total));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read");
    if (count == 0) break;
    total += static_cast<std::size_t>(count);
  }
  text.resize(total);
  return text;
}

result<void> disk_file::write(std::uint64_t offset, std::string_view bytes) {
  if (!write_whole(file_, bytes, static_cast<off_t>(offset))) return failed("write");
  return {};
}

result<std::uint64_t> disk_file::size() const {
  struct stat about {};
  if (::fstat(file_, &about) != 0) return failed("stat");
  return static_cast<std::uint64_t>(about.st_size);
}

result<void> disk_file::truncate(std::uint64_t bytes) {
  if (::ftruncate(file_, static_cast<off_t>(bytes)) != 0) return failed("truncate");
  return {};
}

result<void> disk_file::reserve(std::uint64_t offset, std::uint64_t bytes) {
  if (bytes == 0) return {};
  errno = ::posix_fallocate(file_, static_cast<off_t>(offset), static_cast<off_t>(bytes));
  if (errno != 0) return failed("reserve");
  return {};
}

result<void> disk_file::rename(std::filesystem::path to) {
  if (::rename(path_.c_str(), to.c_str()) != 0) return failed("rename");
  path_ = std::move(to);
  return {};
}

result<void> disk_file::replace(std::string_view bytes) {
  auto temporary = path_;
  temporary += ".new";
  const int replacement = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (replacement < 0) return failed("rewrite");
  // Sync the new file before renaming it over the old one.
  if (!write_whole(replacement, bytes, 0) || ::fsync(replacement) != 0 ||
      ::rename(temporary.c_str(), path_.c_str()) != 0) {
    const auto failure = failed("rewrite");
    ::close(replacement);
    ::unlink(temporary.c_str());
    return failure;
  }
  ::close(std::exchange(file_, replacement));
  sync_directory(path_.parent_path());
  return {};
}

result<void> disk_file::sync() {
  if (::fdatasync(file_) != 0) return failed("sync");
  return {};
}

result<void> disk_file::quarantine() {
  auto aside = path_;
  aside += ".damaged";
  if (::rename(path_.c_str(), aside.c_str()) != 0) return failed("rename");
  ::close(std::exchange(file_, -1));
  return {};
}

void disk_file::remove() { ::unlink(path_.c_str()); }

}  // namespace lars::agent
