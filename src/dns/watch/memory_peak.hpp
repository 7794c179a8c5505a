// Decides when to return freed memory to the system. The allocator keeps memory freed in small pieces, so a dns would
// keep its peak size after most agents have left.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lars::dns {

// Pure. Threads: owner context only.
class memory_peak {
public:
  // Below this many subscriptions too little is freed to be worth the time.
  static constexpr std::uint64_t worthwhile = 20'000;

  // Called after each poll. True when at least half of the subscriptions have gone since the peak, or since this last
  // returned true.
  bool has_passed(std::uint64_t subscriptions) {
    most_ = std::max(most_, subscriptions);
    if (most_ < worthwhile || subscriptions > most_ / 2) return false;
    most_ = subscriptions;
    return true;
  }

private:
  std::uint64_t most_ = 0;
};

}  // namespace lars::dns
