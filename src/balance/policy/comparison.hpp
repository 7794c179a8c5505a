// Drawing two hosts and comparing their scores.
#pragma once

#include <cstdint>

namespace lars::balance {

// A score as a fraction: comparing by products is faster than dividing.
struct ratio {
  double over = 0;
  double under = 1;  // > 0

  double value() const { return over / under; }
  friend bool operator<(const ratio& one, const ratio& other) {
    return one.over * other.under < other.over * one.under;
  }
  friend bool operator==(const ratio& one, const ratio& other) {
    return one.over * other.under == other.over * one.under;
  }
};

// 1 if the second score is lower, else 0; either at random if they are equal. Computed without a branch, which the
// processor could not predict.
[[gnu::always_inline]] inline std::uint32_t second_wins(const ratio& one, const ratio& other, std::uint64_t bits) {
  const std::uint32_t lower = other < one ? 1 : 0;
  const std::uint32_t at_most_as_high = one < other ? 0 : 1;
  return (lower | (at_most_as_high & static_cast<std::uint32_t>(bits))) & 1;
}

// Like ratio, but in integers: half the latency of a comparison. Both are exact, and agree, while products have at most
// 53 bits: latencies have 24 significant bits and weights 14, which leaves 15 bits for calls.
struct whole_ratio {
  std::uint64_t over = 0;
  std::uint32_t under = 1;  // > 0
};

[[gnu::always_inline]] inline std::uint32_t second_wins(const whole_ratio& one, const whole_ratio& other,
                                                        std::uint64_t bits) {
  using wide = unsigned __int128;
  return wide{other.over} * one.under < wide{one.over} * other.under + (bits & 1) ? 1 : 0;
}

// With so few hosts a draw of two leaves out the better one too often: all are compared.
inline constexpr std::uint32_t few_hosts = 3;

// Indices of two hosts to compare.
struct index_pair {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
};

// A pair of different indices, each pair with the same chance, from one draw. REQUIRES: size >= 2.
[[gnu::always_inline]] inline index_pair even_pair(std::uint64_t bits, std::uint32_t size) {
  const auto first = static_cast<std::uint32_t>(((bits >> 32) * size) >> 32);
  const auto other = static_cast<std::uint32_t>(((bits & UINT32_MAX) * (size - 1)) >> 32);
  return {first, other + (other >= first ? 1 : 0)};
}

}  // namespace lars::balance
