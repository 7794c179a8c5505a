// How many modules one process may have the agent ask dns for: room for a large program's cold start, and none for one
// that asks for whatever numbers there are to push all others' questions out.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"

namespace lars::agent {

// A token bucket. Pure: time is an argument. Threads: owner context only.
class ask_budget {
public:
  static constexpr std::uint64_t burst = 1u << 14;  // a quarter of what waits for dns at most
  static constexpr std::uint64_t asks_a_second = 2048;

  explicit ask_budget(base::time_point now) : counted_at_(now) {}

  // False where the process has asked for too many. REQUIRES: `now` is no earlier than before.
  bool take(base::time_point now) {
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
