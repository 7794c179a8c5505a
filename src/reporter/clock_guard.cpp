#include "reporter/clock_guard.hpp"

#include "reporter/clock_watch.hpp"

namespace lars::reporter {
namespace {

constexpr std::chrono::seconds probation = std::chrono::hours(1);
constexpr std::int64_t silent_for_long = 24 * 3600;  // seconds

bool is_noticed(std::int64_t seconds) { return seconds >= noticed_skew || seconds <= -noticed_skew; }

}  // namespace

std::int64_t clock_guard::ahead(const clock_reading& reading) {
  if (reading.before > reading.database) return reading.before - reading.database;
  // The database's clock is in whole seconds.
  if (reading.after + 1 < reading.database) return reading.after - reading.database;
  return 0;
}

bool clock_guard::has_moved(const clock_reading& reading) const {
  if (!last_) return reading.newest > 0 && reading.database - reading.newest >= silent_for_long;
  const auto passed = (reading.since_boot - last_->since_boot).count();
  return is_noticed(reading.database - last_->database - passed);
}

clock_guard::verdict clock_guard::judge(const clock_reading& reading) {
  if (has_moved(reading)) doubted_since_ = reading.since_boot;
  last_ = {reading.database, reading.since_boot};
  if (is_noticed(ahead(reading))) return verdict::differs;
  if (doubted_since_ && reading.since_boot - *doubted_since_ >= probation) doubted_since_.reset();
  return doubted_since_ ? verdict::moved : verdict::trusted;
}

}  // namespace lars::reporter
