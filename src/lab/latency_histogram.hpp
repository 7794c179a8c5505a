// A histogram of latencies whose bucket widths are proportional to their values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lab/instant.hpp"

namespace lars::lab {

// Threads: owner context only. A quantile is exact to 1/256.
class latency_histogram {
public:
  void add(instant latency);

  // The least latency that at least this share of all do not exceed; 0 where there are none. REQUIRES: 0 < share <= 1.
  instant quantile(double share) const;

  std::uint64_t count() const { return count_; }

private:
  static constexpr int bits = 7;  // buckets an octave: 2^bits
  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t middle_of(std::size_t bucket);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
};

}  // namespace lars::lab
