#include "agent/results/status_merge.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace lars::agent {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();

// Moves as much out of `from` as 32 bits hold.
std::uint64_t split_off(std::uint64_t& from) {
  const std::uint64_t part = std::min(from, most);
  from -= part;
  return part;
}

// The step that a report falls into: by boot time if its boot is known, else by wall clock.
struct step_id {
  std::uint64_t boot = 0;
  std::uint64_t step = 0;
  route_key key;
  auto operator<=>(const step_id&) const = default;
};

step_id step_of(const proto::status_report& report, std::uint32_t step) {
  const auto& counted = report.counted;
  return {counted.boot, counted.boot != 0 ? counted.ms / 1000 / step : report.ts / step, report.key};
}

// The sums of the reports of one step.
struct step_sums {
  proto::status_report first;
  std::map<endpoint, proto::call_result> hosts;

  void add(const proto::status_report& report) {
    for (const auto& result : report.results) {
      auto& host = hosts[result.where];
      const auto sums = host.delta;
      host = result;
      host.delta += sums;
    }
  }
};

void append_split(std::vector<proto::status_report>& to, proto::status_report whole) {
  for (auto& piece : split_report(std::move(whole))) to.push_back(std::move(piece));
}

bool fits(const base::call_sums& sums) {
  return sums.succ <= most && sums.err <= most &&
         std::all_of(sums.latency.begin(), sums.latency.end(), [](std::uint64_t calls) { return calls <= most; });
}

}  // namespace

void append_result(std::vector<proto::call_result>& to, const proto::call_result& result) {
  proto::call_result left = result;
  while (!fits(left.delta)) {
    proto::call_result piece = left;
    piece.delta = {};
    piece.delta.succ = split_off(left.delta.succ);
    piece.delta.err = split_off(left.delta.err);
    for (std::size_t i = 0; i < base::latency_buckets; ++i) piece.delta.latency[i] = split_off(left.delta.latency[i]);
    to.push_back(piece);
  }
  to.push_back(left);
}

std::vector<proto::status_report> split_report(proto::status_report whole) {
  std::vector<proto::status_report> pieces;
  while (whole.results.size() > results_a_frame) {
    proto::status_report piece = whole;
    const auto cut = whole.results.end() - static_cast<std::ptrdiff_t>(results_a_frame);
    piece.results.assign(cut, whole.results.end());
    whole.results.erase(cut, whole.results.end());
    pieces.push_back(std::move(piece));
  }
  pieces.push_back(std::move(whole));
  return pieces;
}

std::vector<proto::status_report> merge_reports(const std::vector<proto::status_report>& reports, std::uint32_t step) {
  std::map<step_id, std::size_t> positions;  // in `steps`
  std::vector<step_sums> steps;              // in the order in which they began
  for (const auto& report : reports) {
    const auto [position, is_new] = positions.try_emplace(step_of(report, step), steps.size());
    if (is_new) {
      auto& begun = steps.emplace_back();
      begun.first.key = report.key;
      begun.first.counted = report.counted;
      begun.first.ts = report.counted.boot != 0 ? report.ts : report.ts - report.ts % step;
    }
    steps[position->second].add(report);
  }
  std::vector<proto::status_report> merged;
  for (auto& [whole, hosts] : steps) {
    for (const auto& [where, result] : hosts) append_result(whole.results, result);
    append_split(merged, std::move(whole));
  }
  return merged;
}

std::vector<proto::status_report> newest_status(std::vector<proto::status_report> reports) {
  std::map<route_key, std::map<endpoint, proto::call_result>> modules;
  std::map<route_key, std::size_t> last;  // index of the module's last report
  for (std::size_t i = 0; i < reports.size(); ++i) {
    last[reports[i].key] = i;
    for (auto& result : reports[i].results) {
      result.delta = {};
      modules[reports[i].key][result.where] = result;
    }
  }
  std::vector<proto::status_report> newest;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (last[reports[i].key] != i) continue;
    proto::status_report whole;
    whole.key = reports[i].key;
    whole.ts = reports[i].ts;
    for (const auto& [where, result] : modules[whole.key]) whole.results.push_back(result);
    append_split(newest, std::move(whole));
  }
  return newest;
}

}  // namespace lars::agent
