#include "balance/load/utilization_weights.hpp"

#include <algorithm>
#include <cmath>

namespace lars::balance {
namespace {

constexpr double least_load = 0.005;  // half a percent: below it a quotient says nothing
constexpr double most_load = 100;     // of a host that reports nonsense
constexpr double fastest_climb = 2;   // of a host that has come back, a window

// Utilisation in the window, failures counted in.
double load_of(const host_weight& host, const policy_settings& settings) {
  const double utilization = host.load_sum / host.reports;
  const double failing = host.calls == 0 ? 0 : static_cast<double>(host.failures) / host.calls;
  return std::max(utilization + settings.error_penalty * failing, least_load);
}

}  // namespace

void host_weight::note(const load_report& report) {
  if (!report.known() || !std::isfinite(report.utilization)) return;
  load_sum += static_cast<float>(std::min(report.utilization, most_load));
  ++reports;
}

void host_weight::note(std::uint64_t ends, std::uint64_t failed) {
  calls += static_cast<std::uint32_t>(ends);
  failures += static_cast<std::uint32_t>(failed);
}

double first_weight(double base, bool others_are_settled, const policy_settings& settings) {
  return others_are_settled ? base * settings.recover : base;
}

void turn_window(std::span<const weighed_host> hosts, const policy_settings& settings) {
  double load_sum = 0;
  std::uint32_t known = 0;
  bool any_settled = false;
  for (const auto& one : hosts) {
    any_settled = any_settled || (one.takes_calls && one.own->settled);
    if (!one.takes_calls || one.own->reports == 0) continue;
    load_sum += load_of(*one.own, settings);
    ++known;
  }
  const double average = known == 0 ? 0 : load_sum / known;
  double moved_sum = 0;  // of weight over base
  for (const auto& one : hosts) {
    auto& own = *one.own;
    if (!one.takes_calls) {
      own.value = 0;
      own.settled = false;
    } else if (own.value == 0) {
      own.value = static_cast<float>(first_weight(one.base, any_settled, settings));
      own.reports = 0;  // of the time before it was taken back
    } else if (own.reports > 0) {
      own.value *= static_cast<float>(average / load_of(own, settings));
      moved_sum += own.value / one.base;
    } else if (!own.settled) {
      own.value = static_cast<float>(std::min(own.value * fastest_climb, one.base));
    }
  }
  for (const auto& one : hosts) {
    auto& own = *one.own;
    if (one.takes_calls && own.reports > 0 && moved_sum > 0) {
      const double scaled = own.value * known / moved_sum;
      own.value = static_cast<float>(
          std::clamp(scaled, one.base / settings.max_adjust_ratio, one.base * settings.max_adjust_ratio));
      own.settled = true;
    }
    own.load_sum = 0;
    own.reports = own.calls = own.failures = 0;
  }
}

}  // namespace lars::balance
