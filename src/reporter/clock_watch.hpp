// Tracks agents with wrong clocks: the worst skew, and which agents to name in the log. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "base/clock.hpp"

namespace lars::reporter {

// A smaller difference is ignored: batches take time to arrive.
inline constexpr std::int64_t noticed_skew = 60;  // seconds

// Lifetime: its collector's. Threads: owner context only.
class clock_watch {
public:
  // Records that the clock of the agent at that address is `skew` seconds ahead of the database's. True: name it in the
  // log; once an hour for each agent, and at most 1,000 agents an hour.
  bool record(std::uint32_t caller, std::int64_t skew, base::time_point now) {
    if (now >= forgets_at_) {
      named_.clear();
      forgets_at_ = now + std::chrono::hours(1);
    }
    const bool larger = magnitude(skew) >= magnitude(worst_) || now >= worst_until_;
    if (larger) {
      worst_ = skew;
      worst_until_ = now + std::chrono::minutes(1);
    }
    return named_.size() < most_named && named_.emplace(caller, skew).second;
  }

  // The largest skew of the last minute, in seconds; positive = ahead; 0 = none.
  std::int64_t worst(base::time_point now) const { return now < worst_until_ ? worst_ : 0; }

private:
  static constexpr std::size_t most_named = 1000;
  static std::int64_t magnitude(std::int64_t skew) { return skew < 0 ? -skew : skew; }

  std::map<std::uint32_t, std::int64_t> named_;
  base::time_point forgets_at_;
  base::time_point worst_until_;
  std::int64_t worst_ = 0;
};

}  // namespace lars::reporter
