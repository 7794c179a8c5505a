#include "client/load/cpu_files.hpp"

#include <charconv>
#include <cstdint>

namespace lars::client {
namespace {

// Removes and returns the text before the separator, or all of it.
std::string_view cut(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

std::optional<double> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return static_cast<double>(value);
}

std::optional<double> ratio(std::optional<double> quota, std::optional<double> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return *quota / *period;
}

bool has_item(std::string_view list, std::string_view wanted) {
  while (!list.empty())
    if (cut(list, ',') == wanted) return true;
  return false;
}

}  // namespace

std::optional<double> group_usage_v2(std::string_view cpu_stat) {
  while (!cpu_stat.empty()) {
    auto line = cut(cpu_stat, '\n');
    if (cut(line, ' ') != "usage_usec") continue;
    const auto microseconds = whole_number(line);
    return microseconds ? std::optional(*microseconds / 1e6) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<double> group_usage_v1(std::string_view cpuacct_usage) {
  const auto nanoseconds = whole_number(cut(cpuacct_usage, '\n'));
  return nanoseconds ? std::optional(*nanoseconds / 1e9) : std::nullopt;
}

std::optional<double> group_limit_v2(std::string_view cpu_max) {
  auto line = cut(cpu_max, '\n');
  const auto quota = whole_number(cut(line, ' '));  // or "max"
  return ratio(quota, whole_number(line));
}

std::optional<double> group_limit_v1(std::string_view quota_us, std::string_view period_us) {
  return ratio(whole_number(cut(quota_us, '\n')), whole_number(cut(period_us, '\n')));  // -1 = no limit
}

std::optional<host_time> host_time_of(std::string_view proc_stat) {
  auto line = cut(proc_stat, '\n');
  if (cut(line, ' ') != "cpu") return std::nullopt;
  // user nice system idle iowait irq softirq steal; later columns are part of user and nice.
  constexpr int idle = 3;
  constexpr int waiting = 4;
  constexpr int kinds = 8;
  host_time sum;
  int kind = 0;
  while (kind < kinds && !line.empty()) {
    const auto word = cut(line, ' ');
    if (word.empty()) continue;
    const auto ticks = whole_number(word);
    if (!ticks) return std::nullopt;
    sum.room += *ticks;
    if (kind != idle && kind != waiting) sum.used += *ticks;
    ++kind;
  }
  return kind > idle ? std::optional(sum) : std::nullopt;
}

std::optional<std::string_view> group_of(std::string_view proc_self_cgroup, std::string_view controller) {
  while (!proc_self_cgroup.empty()) {
    auto line = cut(proc_self_cgroup, '\n');
    const auto number = cut(line, ':');
    const auto controllers = cut(line, ':');
    const bool wanted = controller.empty() ? number == "0" && controllers.empty() : has_item(controllers, controller);
    if (!wanted) continue;
    if (!line.starts_with('/') || line.find("/..") != std::string_view::npos) return std::nullopt;
    return line;
  }
  return std::nullopt;
}

}  // namespace lars::client
