#include "agent/route_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "agent/route_record.hpp"
#include "log/log.hpp"

namespace lars::agent {
namespace {

constexpr std::size_t slack = 1u << 20;  // a small file is not worth rewriting

error failed(const std::filesystem::path& path, const char* what) {
  return {errc::io_failed, path.string() + ": " + what + ": " + std::strerror(errno)};
}

bool write_whole(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// A rename lasts only once its directory is on the disk.
void sync_directory(const std::filesystem::path& directory) {
  const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  ::fsync(handle);
  ::close(handle);
}

}  // namespace

route_file::~route_file() {
  if (file_ >= 0) ::close(file_);
}

result<void> route_file::load(const std::function<void(proto::route_response&&)>& each) {
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) return failed(path_, "open");
  std::string bytes;
  if (auto read = read_all(bytes); !read) return read;
  std::map<route_key, proto::route_response> last;
  const auto found = scan_records(bytes, [&](const proto::route_response& route, std::string_view record) {
    note_size(route.key, record.size());
    last[route.key] = route;
  });
  if (found.valid_bytes == 0) return start_anew();
  if (found.valid_bytes < bytes.size()) {
    log::warn(
        "agent.saved_routes_cut",
        {{"file", path_.string()}, {"kept_records", found.records}, {"lost_bytes", bytes.size() - found.valid_bytes}});
    if (::ftruncate(file_, static_cast<off_t>(found.valid_bytes)) != 0) return failed(path_, "truncate");
  }
  size_ = found.valid_bytes;
  for (auto& [key, route] : last)
    if (!route.hosts.empty()) each(std::move(route));
  return {};
}

result<void> route_file::read_all(std::string& bytes) const {
  struct stat about {};
  if (::fstat(file_, &about) != 0) return failed(path_, "stat");
  bytes.resize(static_cast<std::size_t>(about.st_size));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const auto got = ::pread(file_, bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path_, "read");
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return {};
}

// An empty file gets its header. Anything else without one is kept for a person to look at.
result<void> route_file::start_anew() {
  struct stat about {};
  if (::fstat(file_, &about) != 0) return failed(path_, "stat");
  if (about.st_size > 0) {
    auto aside = path_;
    aside += ".damaged";
    log::warn("agent.saved_routes_damaged", {{"file", path_.string()}, {"kept_as", aside.string()}});
    if (::rename(path_.c_str(), aside.c_str()) != 0) return failed(path_, "rename");
    ::close(file_);
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0) return failed(path_, "open");
  }
  // A disk without room for the header is met again, and logged, when a route is saved.
  size_ = 0;
  return {};
}

result<void> route_file::append(const std::vector<std::pair<route_key, std::string>>& records) {
  std::string bytes;
  if (size_ == 0) bytes = route_file_header;
  for (const auto& [key, record] : records) bytes += record;
  if (auto written = write_at_end(bytes); !written) return written;
  for (const auto& [key, record] : records) note_size(key, record.size());
  return {};
}

result<void> route_file::write_at_end(std::string_view bytes) {
  const auto end = static_cast<off_t>(size_);
  if (::lseek(file_, end, SEEK_SET) != end || !write_whole(file_, bytes)) {
    const auto failure = failed(path_, "write");
    // What part of it was written is no whole record; if even this fails, the next write goes over it.
    if (::ftruncate(file_, end) != 0) return failure;
    return failure;
  }
  size_ += bytes.size();
  return {};
}

void route_file::note_size(route_key key, std::size_t size) {
  auto& last = last_sizes_[key];
  live_ += size - last;
  last = size;
}

result<void> route_file::compact_if_stale() {
  if (size_ <= 2 * live_ + slack) return {};
  std::string bytes;
  if (auto read = read_all(bytes); !read) return read;
  std::unordered_map<route_key, std::string_view> last;
  scan_records(bytes, [&](const proto::route_response& route, std::string_view record) {
    last[route.key] = route.hosts.empty() ? std::string_view() : record;
  });
  std::string fresh(route_file_header);
  for (const auto& [key, record] : last) fresh += record;
  if (auto written = rewrite(fresh); !written) return written;
  last_sizes_.clear();
  live_ = 0;
  for (const auto& [key, record] : last)
    if (!record.empty()) note_size(key, record.size());
  return {};
}

result<void> route_file::rewrite(std::string_view bytes) {
  auto beside = path_;
  beside += ".new";
  const int fresh = ::open(beside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fresh < 0) return failed(beside, "open");
  // On the disk before it takes the old one's name: after a power cut either is there whole.
  if (!write_whole(fresh, bytes) || ::fsync(fresh) != 0 || ::rename(beside.c_str(), path_.c_str()) != 0) {
    const auto failure = failed(beside, "rewrite");
    ::close(fresh);
    ::unlink(beside.c_str());
    return failure;
  }
  ::close(file_);
  file_ = fresh;
  size_ = bytes.size();
  sync_directory(path_.parent_path());
  return {};
}

result<void> route_file::sync() {
  if (::fdatasync(file_) != 0) return failed(path_, "sync");
  return {};
}

}  // namespace lars::agent
