#include "agent/status_merge.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace lars::agent {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();

// Takes as much of `from` as 32 bits hold.
std::uint64_t take(std::uint64_t& from) { return std::exchange(from, from - std::min(from, most)) - from; }

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
    piece.delta.succ = take(left.delta.succ);
    piece.delta.err = take(left.delta.err);
    for (std::size_t i = 0; i < base::latency_buckets; ++i) piece.delta.latency[i] = take(left.delta.latency[i]);
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
  std::map<std::pair<std::uint32_t, route_key>, std::map<endpoint, proto::call_result>> sums;
  for (const auto& report : reports) {
    auto& hosts = sums[{report.ts - report.ts % step, report.key}];
    for (const auto& result : report.results) {
      auto& host = hosts[result.where];
      auto delta = host.delta;
      host = result;
      host.delta += delta;
    }
  }
  std::vector<proto::status_report> merged;
  for (const auto& [name, hosts] : sums) {
    proto::status_report whole;
    whole.ts = name.first;
    whole.key = name.second;
    for (const auto& [where, result] : hosts) append_result(whole.results, result);
    for (auto& piece : split_report(std::move(whole))) merged.push_back(std::move(piece));
  }
  return merged;
}

}  // namespace lars::agent
