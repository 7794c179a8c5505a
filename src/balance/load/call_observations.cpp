#include "balance/load/call_observations.hpp"

#include <algorithm>

namespace lars::balance {
namespace {

using namespace std::chrono_literals;
constexpr base::duration least_pause = 50ms;  // between two turns of failures
constexpr base::duration long_pause = 1s;     // a longer pause counts as this
constexpr double faded_rate = 0.001;          // failures a second that count as none

double seconds_of(base::duration span) { return std::chrono::duration<double>(span).count(); }

// REQUIRES: not empty.
double median_of(std::vector<float>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

void call_observations::use(const observation_terms& terms) {
  compares_ = terms.compares;
  latency_terms_ = terms.latency;
  window_ = terms.window;
}

// Failures count for calls: those beyond twice what the other hosts show, and whole calls alone. Calls under way are
// few, so a smaller number would decide between most hosts, on noise; where all fail alike none is to be avoided.
void call_observations::turn_failures(host_column<host_signals> signals, live_slot* live, std::size_t hosts,
                                      base::time_point now) {
  if (failing_.empty() || now - failures_turned_ < least_pause) return;
  const double seconds = seconds_of(std::min(now - failures_turned_, long_pause));
  failures_turned_ = now;
  double sum = 0;
  for (const auto slot : failing_) {
    signals[slot].turn_failures(seconds, seconds_of(window_));
    sum += signals[slot].failure_rate;
  }
  const auto other_hosts = static_cast<double>(std::max<std::size_t>(hosts, 2) - 1);
  std::erase_if(failing_, [&](std::uint32_t slot) {
    auto& host = signals[slot];
    const double others = (sum - host.failure_rate) / other_hosts;
    const double calls = std::max(host.failure_rate - 2 * others, 0.0) * seconds_of(latency_terms_.error_latency);
    if (compares_) live[slot].score.store(static_cast<std::uint64_t>(calls) * 1024, std::memory_order_relaxed);
    host.failing = host.failure_rate > faded_rate;
    if (!host.failing) host.failure_rate = 0;
    return !host.failing;
  });
  any_failing_ = !failing_.empty();
}

std::optional<double> call_observations::drift_latencies(std::span<const member> hosts,
                                                         host_column<host_signals> signals, live_slot* live,
                                                         base::time_point now) {
  if (!compares_) return std::nullopt;
  std::vector<float> known;
  known.reserve(hosts.size());
  for (const auto& host : hosts)
    if (signals[host.slot].latency.known()) known.push_back(static_cast<float>(signals[host.slot].latency.ns()));
  const double median = known.empty() ? 0 : median_of(known);
  for (const auto& host : hosts) {
    auto& latency = signals[host.slot].latency;
    const auto before = latency.ns();
    latency.drift(median, latency_terms_, now);
    publish_latency(signals[host.slot], live[host.slot], before);
  }
  return median;
}

}  // namespace lars::balance
