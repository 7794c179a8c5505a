// Two hosts drawn and compared: what every choice of the better of two is made of.
#pragma once

#include <cstdint>

namespace lars::balance {

// A score that is compared without being worked out: divisions take longer than all else of a comparison.
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

// 1 where the second of two scores is the one to take, else 0; where they are equal, either. Which of them wins no
// processor can guess, so it is computed instead of branched upon.
[[gnu::always_inline]] inline std::uint32_t second_wins(const ratio& one, const ratio& other, std::uint64_t bits) {
  const std::uint32_t lower = other < one ? 1 : 0;
  const std::uint32_t at_most_as_high = one < other ? 0 : 1;
  return (lower | (at_most_as_high & static_cast<std::uint32_t>(bits))) & 1;
}

// The same in whole numbers, which take half as long: for whoever waits for the result. Both are exact, and say the
// same, while products have 53 bits at most: latencies have 24 that say something, weights 14, so up to 2^15 calls.
struct whole_ratio {
  std::uint64_t over = 0;
  std::uint32_t under = 1;  // > 0
};

[[gnu::always_inline]] inline std::uint32_t second_wins(const whole_ratio& one, const whole_ratio& other,
                                                        std::uint64_t bits) {
  using wide = unsigned __int128;
  return wide{other.over} * one.under < wide{one.over} * other.under + (bits & 1) ? 1 : 0;
}

// Of two or three hosts a draw of two leaves the better one out too often.
inline constexpr std::uint32_t few_hosts = 3;

// Indices of two hosts that a comparison is about.
struct index_pair {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
};

// Each pair of different ones with the same chance, of one draw. REQUIRES: size >= 2.
[[gnu::always_inline]] inline index_pair even_pair(std::uint64_t bits, std::uint32_t size) {
  const auto first = static_cast<std::uint32_t>(((bits >> 32) * size) >> 32);
  const auto other = static_cast<std::uint32_t>(((bits & UINT32_MAX) * (size - 1)) >> 32);
  return {first, other + (other >= first ? 1 : 0)};
}

}  // namespace lars::balance
