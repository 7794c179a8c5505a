#include "lab/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace lars::lab {

// Values below 2^bits have a bucket each. Above, the leading bits and the magnitude of a value choose its bucket.
std::size_t latency_histogram::bucket_of(std::uint64_t value) {
  if (value < (1u << bits)) return value;
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - bits;
  return (static_cast<std::size_t>(shift) << bits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t latency_histogram::middle_of(std::size_t bucket) {
  if (bucket < (1u << bits)) return bucket;
  const auto shift = (bucket >> bits) - 1;
  const std::uint64_t lead = bucket - (shift << bits);
  return (lead << shift) + ((std::uint64_t{1} << shift) >> 1);
}

void latency_histogram::add(instant latency) {
  const auto bucket = bucket_of(static_cast<std::uint64_t>(std::max<instant::rep>(latency.count(), 0)));
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
}

instant latency_histogram::quantile(double share) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t counted = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    counted += buckets_[bucket];
    if (counted >= rank && counted > 0) return instant(static_cast<instant::rep>(middle_of(bucket)));
  }
  return instant(0);
}

}  // namespace lars::lab
