#include "reporter/clock_guard.hpp"

#include "reporter/clock_watch.hpp"

namespace lars::reporter {
namespace {

constexpr std::chrono::seconds probation = std::chrono::hours(1);
constexpr std::int64_t silent_for_long = 24 * 3600;  // seconds

bool is_noticed(std::int64_t seconds) { return seconds >= noticed_skew || seconds <= -noticed_skew; }

}  // namespace

std::int64_t clock_guard::ahead(const clock_look& look) {
  if (look.before > look.database) return look.before - look.database;
  // The database's seconds are whole ones.
  if (look.after + 1 < look.database) return look.after - look.database;
  return 0;
}

bool clock_guard::has_moved(const clock_look& look) const {
  if (!last_) return look.newest > 0 && look.database - look.newest >= silent_for_long;
  const auto passed = (look.since_boot - last_->since_boot).count();
  return is_noticed(look.database - last_->database - passed);
}

clock_guard::verdict clock_guard::judge(const clock_look& look) {
  if (has_moved(look)) doubted_since_ = look.since_boot;
  last_ = {look.database, look.since_boot};
  if (is_noticed(ahead(look))) return verdict::differs;
  if (doubted_since_ && look.since_boot - *doubted_since_ >= probation) doubted_since_.reset();
  return doubted_since_ ? verdict::moved : verdict::trusted;
}

}  // namespace lars::reporter
