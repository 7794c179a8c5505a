// Sums over the calls to one host. Agents, reports and rows of CallHistory all use them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace lars::base {

inline constexpr std::size_t latency_buckets = 16;

// The upper bound of a bucket in microseconds: 0.5 * 2^i ms. The last bucket is unbounded.
constexpr std::uint64_t latency_bound_us(std::size_t bucket) { return std::uint64_t{500} << bucket; }

// The bucket that counts a call of this latency.
constexpr std::size_t latency_bucket_of(std::uint64_t latency_us) {
  std::size_t bucket = 0;
  while (bucket + 1 < latency_buckets && latency_us > latency_bound_us(bucket)) ++bucket;
  return bucket;
}

// Converts a latency to the unit of reports. Never 0, because 0 means "not known".
constexpr std::uint64_t reported_latency_us(std::uint64_t ns) { return std::max<std::uint64_t>(ns / 1000, 1); }

// Callers need not report a latency, so the buckets may add up to less than the number of calls.
struct call_sums {
  std::uint64_t succ = 0;
  std::uint64_t err = 0;
  std::uint64_t latency_sum_us = 0;
  std::uint64_t cost_sum = 0;
  std::array<std::uint64_t, latency_buckets> latency{};  // calls by bucket

  std::uint64_t calls() const { return succ + err; }
  bool empty() const { return *this == call_sums{}; }
  bool operator==(const call_sums&) const = default;

  call_sums& operator+=(const call_sums& other) {
    succ += other.succ;
    err += other.err;
    latency_sum_us += other.latency_sum_us;
    cost_sum += other.cost_sum;
    for (std::size_t i = 0; i < latency_buckets; ++i) latency[i] += other.latency[i];
    return *this;
  }
};

// The latency quantile in microseconds over the calls with a known latency, or nullopt if there are none. Interpolates
// linearly within a bucket; the last bucket is assumed to end at twice its lower bound.
// REQUIRES: 0 < share <= 1.
inline std::optional<double> latency_quantile_us(const call_sums& sums, double share) {
  std::uint64_t known = 0;
  for (const std::uint64_t calls : sums.latency) known += calls;
  if (known == 0) return std::nullopt;
  const double rank = std::max(1.0, std::ceil(share * static_cast<double>(known)));
  double below = 0;
  for (std::size_t i = 0; i < latency_buckets; ++i) {
    const auto here = static_cast<double>(sums.latency[i]);
    if (below + here >= rank) {
      const double from = i == 0 ? 0 : static_cast<double>(latency_bound_us(i - 1));
      return from + (static_cast<double>(latency_bound_us(i)) - from) * (rank - below) / here;
    }
    below += here;
  }
  return static_cast<double>(latency_bound_us(latency_buckets - 1));
}

}  // namespace lars::base
