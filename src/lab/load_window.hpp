// What a server has done of late, in slots of one tick: the sums that its load reports are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lab/instant.hpp"

namespace lars::lab {

// Of one slot, or of several together.
struct load_sums {
  instant busy{0};  // core time
  std::uint64_t ends = 0;
  std::uint64_t failures = 0;
};

// Threads: owner context only.
class load_window {
public:
  // Sums over `slots` slots; those of `shift` slots earlier too. REQUIRES: slots > 0.
  load_window(std::size_t slots, std::size_t shift);

  // Ends a slot. What was before the first one counts as idleness.
  void close(const load_sums& slot);

  const load_sums& sums() const { return sums_; }             // over the latest slots
  const load_sums& shifted_sums() const { return shifted_; }  // over those that the shift leads to
  double seconds() const { return seconds_of(tick) * static_cast<double>(slots_); }

private:
  const load_sums& past(std::size_t slots_ago) const;

  std::size_t slots_;
  std::size_t shift_;
  std::vector<load_sums> ring_;
  std::size_t at_ = 0;  // the newest
  load_sums sums_;
  load_sums shifted_;
};

}  // namespace lars::lab
