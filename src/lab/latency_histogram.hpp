// Latencies counted in buckets whose width is a part of their value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lab/instant.hpp"

namespace lars::lab {

// Threads: owner context only. What a quantile says is within 1/256 of the truth.
class latency_histogram {
public:
  void add(instant latency);

  // The least latency that at least this share of all do not exceed; 0 without any. REQUIRES: 0 < share <= 1.
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
