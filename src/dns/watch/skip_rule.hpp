// Decides whether a comparison may be skipped because the database's own sign of change has not moved.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.hpp"
#include "storage/route_reader.hpp"

namespace lars::dns {

// Threads: owner context only. Time is an argument. Initially nothing is skipped.
class skip_rule {
public:
  // A sign that is not exact counts for this long after a comparison: with a pass every few seconds, a change that did
  // not move the sign is found within a minute of its commit.
  static constexpr base::duration max_age = std::chrono::seconds(30);

  // Whether nothing can have changed since the last comparison. `found`: the sign now.
  bool covers(const std::optional<storage::change_stamp>& found, base::time_point now) const {
    if (!found || found != compared_) return false;
    return found->exact || now - compared_at_ < max_age;
  }

  // A comparison was completed. `sign` and `began` are from before it read anything.
  void on_compared(const std::optional<storage::change_stamp>& sign, base::time_point began) {
    compared_ = sign;
    compared_at_ = began;
  }

  // The next pass compares, whatever the sign.
  void forget() { compared_.reset(); }

private:
  std::optional<storage::change_stamp> compared_;
  base::time_point compared_at_;
};

}  // namespace lars::dns
