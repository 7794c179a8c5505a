#include "reporter/batch_time.hpp"

#include <algorithm>
#include <chrono>

namespace lars::reporter {
namespace {

constexpr std::int64_t believed_skew = 600;  // seconds; larger differences are ignored
constexpr std::uint64_t longest_age_ms = 366ull * 24 * 3600 * 1000;

}  // namespace

batch_time estimate_batch_time(const batch& item, const flush_moment& now) {
  const auto& report = item.report;
  const std::int64_t claimed = report.ts;
  if (report.age_ms && *report.age_ms <= longest_age_ms) {
    const auto waited =
        std::max(std::chrono::duration_cast<std::chrono::milliseconds>(now.here - item.received).count(),
                 std::chrono::milliseconds::rep{0});
    const std::int64_t age = (static_cast<std::int64_t>(*report.age_ms) + waited) / 1000;
    return {now.database - age, claimed == 0 ? 0 : claimed - (now.database - age)};
  }
  const std::int64_t skew = claimed == 0 ? 0 : claimed - now.database;
  if (claimed == 0 || skew > believed_skew || skew < -believed_skew) return {now.database, skew};
  return {std::min(claimed, now.database), skew};
}

}  // namespace lars::reporter
