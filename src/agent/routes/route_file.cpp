#include "agent/routes/route_file.hpp"

#include <algorithm>
#include <map>
#include <system_error>

#include "agent/routes/route_record.hpp"
#include "log/log.hpp"

namespace lars::agent {
namespace {

constexpr std::size_t slack = 1u << 20;  // bytes; smaller files are not worth rewriting

std::optional<std::chrono::milliseconds> age_of(const std::filesystem::path& path) {
  std::error_code failure;
  const auto written = std::filesystem::last_write_time(path, failure);
  if (failure) return std::nullopt;
  const auto age = std::filesystem::file_time_type::clock::now() - written;
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(age), std::chrono::milliseconds(0));
}

}  // namespace

result<void> route_file::load(const std::function<void(proto::route_response&&)>& each) {
  age_ = age_of(file_.path());
  if (auto opened = file_.open(); !opened) return opened;
  const auto bytes = read_all();
  if (!bytes) return bytes.error();
  std::map<route_key, proto::route_response> last;
  const auto scan = scan_records(*bytes, [&](const proto::route_response& route, std::string_view record) {
    track_size(route.key, route.hosts.empty() ? 0 : record.size());
    last[route.key] = route;
  });
  if (scan.valid_bytes == 0) return reset();
  if (scan.valid_bytes < bytes->size()) {
    log::warn("agent.saved_routes_cut", {{"file", file_.path().string()},
                                         {"kept_records", scan.records},
                                         {"lost_bytes", bytes->size() - scan.valid_bytes}});
    if (auto cut = file_.truncate(scan.valid_bytes); !cut) return cut;
  }
  size_ = scan.valid_bytes;
  for (auto& [key, route] : last)
    if (!route.hosts.empty()) each(std::move(route));
  return {};
}

result<std::string> route_file::read_all() const {
  const auto size = file_.size();
  if (!size) return size.error();
  return file_.read(0, static_cast<std::size_t>(*size));
}

// Starts an empty file. Renames a file without our header to *.damaged, so that an operator can inspect it.
result<void> route_file::reset() {
  const auto size = file_.size();
  if (!size) return size.error();
  if (*size > 0) {
    const std::string path = file_.path().string();
    log::warn("agent.saved_routes_damaged", {{"file", path}, {"kept_as", path + ".damaged"}});
    if (auto moved = file_.quarantine(); !moved) return moved;
    if (auto opened = file_.open(); !opened) return opened;
  }
  // append() writes the header. If the disk has no space for it, that is logged when a route is saved.
  size_ = 0;
  return {};
}

result<void> route_file::append(const std::vector<saved_route>& routes) {
  std::string bytes;
  if (size_ == 0) bytes = route_file_header;
  for (const auto& route : routes) bytes += route.record;
  if (auto written = write_at_end(bytes); !written) return written;
  for (const auto& route : routes) track_size(route.key, route.empty ? 0 : route.record.size());
  return {};
}

result<void> route_file::write_at_end(std::string_view bytes) {
  auto written = file_.write(size_, bytes);
  if (!written) {
    // Remove a partly written record. If truncation fails too, the next write overwrites the record.
    [[maybe_unused]] const auto truncated = file_.truncate(size_);
    return written;
  }
  size_ += bytes.size();
  return {};
}

// Sets the size of the module's last record; 0 if compaction drops the module.
void route_file::track_size(route_key key, std::size_t size) {
  auto& last = last_sizes_[key];
  live_ += size - last;
  last = size;
  if (size == 0) last_sizes_.erase(key);
}

result<void> route_file::compact_if_stale() {
  if (size_ <= 2 * live_ + slack) return {};
  const auto bytes = read_all();
  if (!bytes) return bytes.error();
  std::unordered_map<route_key, std::string_view> last;
  scan_records(*bytes, [&](const proto::route_response& route, std::string_view record) {
    last[route.key] = route.hosts.empty() ? std::string_view() : record;
  });
  std::string compacted(route_file_header);
  for (const auto& [key, record] : last) compacted += record;
  if (auto written = file_.replace(compacted); !written) return written;
  size_ = compacted.size();
  last_sizes_.clear();
  live_ = 0;
  for (const auto& [key, record] : last)
    if (!record.empty()) track_size(key, record.size());
  return {};
}

}  // namespace lars::agent
