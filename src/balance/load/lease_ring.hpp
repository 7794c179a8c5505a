// Counts the calls under way at one host, without a record for each: picks are counted by age, and expire.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/clock.hpp"

namespace lars::balance {

// A pick adds to the bucket of its time; the end of a call takes from the oldest bucket. What is left in a bucket after
// one lease expires: no end will be reported. A later end belongs to an expired call, so expired calls are drained
// first. They are forgotten after one to two more turns of the ring.
// Lifetime: its host's. Threads: one at a time (the module's lock). Pure.
// Invariant: in_flight() is never more than picks minus ends, nor less than 0.
class lease_ring {
public:
  static constexpr std::uint32_t buckets = 8;

  // REQUIRES of all four: `now` never decreases; lease > 0 and the same each time (another one counts from now on).
  // Only expire() returns expired calls; the other three leave them to it.
  void add(std::uint64_t picks, base::time_point now, base::duration lease) {
    turn(now, lease);
    counts_[newest_ % buckets] += static_cast<std::uint32_t>(picks);
    in_flight_ += static_cast<std::uint32_t>(picks);
  }

  // Returns how many fewer calls are under way.
  std::uint32_t end(std::uint64_t calls, base::time_point now, base::duration lease) {
    turn(now, lease);
    const auto before = in_flight_;
    drain(expired_before_, calls);
    drain(expired_, calls);
    for (std::uint32_t age = buckets; age-- > 0 && calls > 0;) {
      auto& oldest = counts_[(newest_ - age) % buckets];
      in_flight_ -= drain(oldest, calls);
    }
    return before - in_flight_;
  }

  // Ends one call that began at `began`: in the bucket of its time, or among the expired. If other ends emptied that
  // bucket, the oldest call ends instead. A call older than the ring ends nothing.
  // Returns how many fewer calls are under way.
  std::uint32_t end_begun(base::time_point began, base::time_point now, base::duration lease) {
    turn(now, lease);
    const auto bucket = std::min(bucket_of(began, lease), newest_);
    std::uint64_t calls = 1;
    if (newest_ - bucket >= buckets) {
      drain(expired_before_, calls);
      drain(expired_, calls);
      return 0;
    }
    const auto drained = drain(counts_[bucket % buckets], calls);
    in_flight_ -= drained;
    return drained > 0 ? drained : end(1, now, lease);
  }

  // Returns how many calls expired since the last expire().
  std::uint32_t expire(base::time_point now, base::duration lease) {
    turn(now, lease);
    return std::exchange(unreported_, 0);
  }

  std::uint32_t in_flight() const { return in_flight_; }

  // No call is under way, and none that expired is kept. Calls that begin and end in equal number change nothing then.
  bool empty() const { return (in_flight_ | expired_ | expired_before_) == 0; }

private:
  // Takes as much of `calls` from `count` as there is; returns how much that was.
  static std::uint32_t drain(std::uint32_t& count, std::uint64_t& calls) {
    const auto taken = calls < count ? static_cast<std::uint32_t>(calls) : count;
    count -= taken;
    calls -= taken;
    return taken;
  }

  // A bucket holds the picks of a seventh of a lease, so it is emptied no sooner than one lease after its last pick.
  static std::uint32_t bucket_of(base::time_point when, base::duration lease) {
    const auto width = lease.count() / static_cast<base::duration::rep>(buckets - 1);
    return static_cast<std::uint32_t>(when.time_since_epoch().count() / (width > 0 ? width : 1));
  }

  void turn(base::time_point now, base::duration lease) {
    const auto current = bucket_of(now, lease);
    if (current <= newest_) return;
    const auto steps = std::min<std::uint32_t>(current - newest_, 2 * buckets);
    for (std::uint32_t i = 0; i < steps; ++i) {
      auto& reused = counts_[(current - steps + 1 + i) % buckets];
      if ((current - steps + 1 + i) % buckets == 0) {
        expired_before_ = expired_;
        expired_ = 0;
      }
      expired_ += reused;
      unreported_ += reused;
      in_flight_ -= reused;
      reused = 0;
    }
    newest_ = current;
  }

  std::array<std::uint32_t, buckets> counts_{};  // by bucket number modulo `buckets`
  std::uint32_t in_flight_ = 0;                  // sum of counts_
  std::uint32_t expired_ = 0;                    // in this turn of the ring
  std::uint32_t expired_before_ = 0;             // in the turn before
  std::uint32_t unreported_ = 0;
  std::uint32_t newest_ = 0;  // number of the bucket that picks go to
};

}  // namespace lars::balance
