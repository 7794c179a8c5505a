#include "client/load/cpu_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "client/load/cpu_files.hpp"

namespace lars::client {
namespace {

// The beginning of a kernel file, as much as is needed. Empty where it cannot be read.
class file_text {
public:
  explicit file_text(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    const auto size = ::read(file, bytes_.data(), bytes_.size());
    ::close(file);
    size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
  }

  operator std::string_view() const { return {bytes_.data(), size_}; }

private:
  std::array<char, 4096> bytes_;
  std::size_t size_ = 0;
};

bool exists(const std::string& path) { return ::access(path.c_str(), R_OK) == 0; }

}  // namespace

cpu_reader::cpu_reader(std::string root, double processors) : root_(std::move(root)), processors_(processors) {
  const file_text groups(root_ + "/proc/self/cgroup");
  const std::string mounts = root_ + "/sys/fs/cgroup";
  if (find_group(mounts, group_of(groups, ""), source::group_v2)) return;
  for (const auto* const mount : {"/cpu,cpuacct", "/cpu"})
    if (find_group(mounts + mount, group_of(groups, "cpu"), source::group_v1)) return;
  from_ = source::host;
}

// The nearest limit applies, from the process's own group upwards. In a container the group's name may be that of the
// outer hierarchy; what is mounted is then the group itself.
bool cpu_reader::find_group(const std::string& mount, std::optional<std::string_view> group, source kind) {
  if (!group) return false;
  from_ = kind;
  const bool v2 = kind == source::group_v2;
  std::string below(*group);
  while (true) {
    if (below == "/") below.clear();
    group_ = mount + below;
    usage_file_ = group_ + (v2 ? "/cpu.stat" : "/cpuacct.usage");
    if (!v2 && !exists(usage_file_)) usage_file_ = root_ + "/sys/fs/cgroup/cpuacct" + below + "/cpuacct.usage";
    if (limit() && usage()) return true;
    if (below.empty()) return false;
    below.resize(below.rfind('/'));
  }
}

std::optional<double> cpu_reader::limit() const {
  if (from_ == source::group_v2) return group_limit_v2(file_text(group_ + "/cpu.max"));
  return group_limit_v1(file_text(group_ + "/cpu.cfs_quota_us"), file_text(group_ + "/cpu.cfs_period_us"));
}

std::optional<double> cpu_reader::usage() const {
  const file_text text(usage_file_);
  return from_ == source::group_v2 ? group_usage_v2(text) : group_usage_v1(text);
}

std::optional<cpu_time> cpu_reader::read(base::time_point now) {
  if (from_ == source::host) {
    const auto host = host_time_of(file_text(root_ + "/proc/stat"));
    return host ? std::optional(cpu_time{host->used, host->room}) : std::nullopt;
  }
  const auto used = usage();
  if (!used) return std::nullopt;
  // Without a limit, or with one above it, the number of processors counts.
  const auto processors = std::min(limit().value_or(processors_), processors_);
  const auto since = last_ ? std::chrono::duration<double>(now - *last_).count() : 0;
  last_ = now;
  room_ += processors * since;
  return cpu_time{*used, room_};
}

}  // namespace lars::client
