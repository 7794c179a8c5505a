#include "agent/results/batch_age.hpp"

#include <algorithm>

namespace lars::agent {
namespace {

constexpr std::int64_t most_plausible_age = 31 * 24 * 3600;  // seconds

}  // namespace

std::uint64_t age_ms(const proto::status_report& report, const base::moment& now) {
  const auto& counted = report.counted;
  // A container may have its own boot clock. A moment in the future comes from another clock.
  const bool same_boot = counted.boot != 0 && counted.boot == now.boot.boot && counted.ms <= now.boot.ms;
  if (same_boot) return now.boot.ms - counted.ms;
  const std::uint64_t least = counted.boot != 0 && counted.boot != now.boot.boot ? now.boot.ms : 0;
  const std::int64_t by_clock = now.unix_seconds - std::int64_t{report.ts};
  if (by_clock < 0 || by_clock > most_plausible_age) return least;
  return std::max(least, static_cast<std::uint64_t>(by_clock) * 1000);
}

}  // namespace lars::agent
