#include "agent/routes/route_file.hpp"

#include <algorithm>
#include <map>
#include <system_error>

#include "agent/routes/route_record.hpp"
#include "log/log.hpp"

namespace lars::agent {
namespace {

constexpr std::size_t slack = 1u << 20;  // a small file is not worth rewriting

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
  const auto found = scan_records(*bytes, [&](const proto::route_response& route, std::string_view record) {
    note(route.key, route.hosts.empty() ? 0 : record.size());
    last[route.key] = route;
  });
  if (found.valid_bytes == 0) return start_anew();
  if (found.valid_bytes < bytes->size()) {
    log::warn("agent.saved_routes_cut", {{"file", file_.path().string()},
                                         {"kept_records", found.records},
                                         {"lost_bytes", bytes->size() - found.valid_bytes}});
    if (auto cut = file_.truncate(found.valid_bytes); !cut) return cut;
  }
  size_ = found.valid_bytes;
  for (auto& [key, route] : last)
    if (!route.hosts.empty()) each(std::move(route));
  return {};
}

result<std::string> route_file::read_all() const {
  const auto size = file_.size();
  if (!size) return size.error();
  return file_.read(0, static_cast<std::size_t>(*size));
}

// An empty file gets its header. Anything else without one is kept for a person to look at.
result<void> route_file::start_anew() {
  const auto size = file_.size();
  if (!size) return size.error();
  if (*size > 0) {
    const std::string path = file_.path().string();
    log::warn("agent.saved_routes_damaged", {{"file", path}, {"kept_as", path + ".damaged"}});
    if (auto moved = file_.put_aside(); !moved) return moved;
    if (auto opened = file_.open(); !opened) return opened;
  }
  // A disk without room for the header is met again, and logged, when a route is saved.
  size_ = 0;
  return {};
}

result<void> route_file::append(const std::vector<saved_route>& routes) {
  std::string bytes;
  if (size_ == 0) bytes = route_file_header;
  for (const auto& one : routes) bytes += one.record;
  if (auto written = write_at_end(bytes); !written) return written;
  for (const auto& one : routes) note(one.key, one.empty ? 0 : one.record.size());
  return {};
}

result<void> route_file::write_at_end(std::string_view bytes) {
  auto written = file_.write(size_, bytes);
  if (!written) {
    // What part of it was written is no whole record; if even this fails, the next write goes over it.
    [[maybe_unused]] const auto cut = file_.truncate(size_);
    return written;
  }
  size_ += bytes.size();
  return {};
}

// How long the module's last record is; 0 = nothing of the module is to stay.
void route_file::note(route_key key, std::size_t size) {
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
  std::string fresh(route_file_header);
  for (const auto& [key, record] : last) fresh += record;
  if (auto written = file_.replace(fresh); !written) return written;
  size_ = fresh.size();
  last_sizes_.clear();
  live_ = 0;
  for (const auto& [key, record] : last)
    if (!record.empty()) note(key, record.size());
  return {};
}

}  // namespace lars::agent
