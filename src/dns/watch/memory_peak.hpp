// When memory that agents left behind goes back to the system. An allocator keeps what many small pieces leave, in the
// hope of more of them: a dns that a fleet has left would keep its size for good.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lars::dns {

// Pure. Threads: owner context only.
class memory_peak {
public:
  // Fewer subscriptions leave less than is worth a walk through all of memory.
  static constexpr std::uint64_t worthwhile = 20'000;

  // Told now and then how many subscriptions there are. True when more than half of them have gone since the most, or
  // since it last said so.
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
