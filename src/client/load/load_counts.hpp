// Counts the calls that a process serves, from many threads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lars::client {

// Lifetime: its meter's. Threads: any; threads rarely share a cache line.
class load_counts {
public:
  void begin() { add(own().begun); }
  void end(bool failed) {
    auto& to = own();
    if (failed) add(to.failed);
    add(to.ended);
  }

  struct sums {
    std::uint64_t ended = 0;
    std::uint64_t failed = 0;     // never more than ended
    std::uint64_t in_flight = 0;  // begun and not ended
  };
  sums sum() const;

private:
  struct alignas(64) shard {
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> ended{0};
    std::atomic<std::uint64_t> failed{0};
  };
  static constexpr std::size_t shards = 16;

  static void add(std::atomic<std::uint64_t>& count) { count.fetch_add(1, std::memory_order_relaxed); }
  shard& own() { return shards_[thread_number() % shards]; }
  static std::size_t thread_number();

  std::array<shard, shards> shards_;
};

}  // namespace lars::client
