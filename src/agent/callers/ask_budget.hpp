// Limits how many unknown modules one process may have the agent request from dns: enough for the cold start of a large
// program, but too few for one that asks for invented numbers to crowd out the others.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"

namespace lars::agent {

// A token bucket. Pure: time is an argument. Threads: owner context only.
class ask_budget {
public:
  static constexpr std::uint64_t burst = 1u << 14;  // a quarter of the limit of pending requests to dns
  static constexpr std::uint64_t asks_a_second = 2048;

  explicit ask_budget(base::time_point now) : counted_at_(now) {}

  // Spends one request. False if the budget is used up. REQUIRES: `now` never decreases.
  bool spend(base::time_point now) {
    constexpr std::uint64_t ns_an_ask = 1'000'000'000 / asks_a_second;
    const auto more = static_cast<std::uint64_t>((now - counted_at_).count()) / ns_an_ask;
    left_ = std::min(burst, left_ + more);
    counted_at_ += base::duration(more * ns_an_ask);
    if (left_ == 0) return false;
    --left_;
    return true;
  }

private:
  std::uint64_t left_ = burst;
  base::time_point counted_at_;
};

}  // namespace lars::agent
