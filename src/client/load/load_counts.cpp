#include "client/load/load_counts.hpp"

#include <algorithm>

namespace lars::client {

std::size_t load_counts::thread_number() {
  static constinit std::atomic<std::size_t> last{0};
  static thread_local constinit std::size_t own = 0;
  if (own == 0) own = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return own;
}

load_counts::sums load_counts::sum() const {
  sums all;
  std::uint64_t begun = 0;
  for (const auto& one : shards_) {
    // Ends before begins, so that no call is seen to end before it began.
    all.failed += one.failed.load(std::memory_order_relaxed);
    all.ended += one.ended.load(std::memory_order_relaxed);
  }
  for (const auto& one : shards_) begun += one.begun.load(std::memory_order_relaxed);
  all.failed = std::min(all.failed, all.ended);
  all.in_flight = begun > all.ended ? begun - all.ended : 0;
  return all;
}

}  // namespace lars::client
