// A server's recent work in slots of one tick, summed up for its load reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lab/instant.hpp"

namespace lars::lab {

// Sums of one slot or of several.
struct load_sums {
  instant busy{0};  // core time
  std::uint64_t ends = 0;
  std::uint64_t failures = 0;
};

// Threads: owner context only.
class load_window {
public:
  // Keeps sums over the latest `slots` slots and over as many slots `shift` earlier. REQUIRES: slots > 0.
  load_window(std::size_t slots, std::size_t shift);

  // Ends a slot. Time before the first slot counts as idle.
  void close(const load_sums& slot);

  const load_sums& sums() const { return sums_; }             // over the latest slots
  const load_sums& shifted_sums() const { return shifted_; }  // over the slots `shift` earlier
  double seconds() const { return seconds_of(tick) * static_cast<double>(slots_); }

private:
  const load_sums& past(std::size_t slots_ago) const;

  std::size_t slots_;
  std::size_t shift_;
  std::vector<load_sums> ring_;
  std::size_t newest_ = 0;
  load_sums sums_;
  load_sums shifted_;
};

}  // namespace lars::lab
