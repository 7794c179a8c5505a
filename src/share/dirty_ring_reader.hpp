// The agent's side of a dirty ring.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "share/counters_format.hpp"

namespace lars::share {

// Every word may be anything at any moment: entries can be wrong, nothing else can.
// Lifetime: at most its memory's. Threads: owner context only.
class dirty_ring_reader {
public:
  static constexpr std::uint64_t batch = 32;  // entries that are passed on together

  // Skips the entries that are there: they were for an earlier agent. REQUIRES: `header` is followed by
  // dirty_ring_entries words.
  explicit dirty_ring_reader(const block_header& header)
      : header_(&header), tail_(header.head.load(std::memory_order_acquire)) {}

  // Calls each(std::span<const dirty_entry>) with the new entries in batches, and subtracts their number from `left`.
  // False if there are more than the ring holds or more than `left`: then it skips them.
  template <class Each>
  bool read(std::uint64_t& left, Each&& each) {
    const auto head = header_->head.load(std::memory_order_acquire);
    if (head - tail_ > std::min(dirty_ring_entries, left)) {
      tail_ = head;
      return false;
    }
    left -= head - tail_;
    const auto* const words = reinterpret_cast<const shared_word*>(header_ + 1);
    std::array<dirty_entry, batch> entries;
    while (tail_ != head) {
      const auto count = std::min(head - tail_, batch);
      for (std::uint64_t i = 0; i < count; ++i)
        entries[i] = unpack_dirty(words[(tail_ + i) % dirty_ring_entries].load(std::memory_order_relaxed));
      tail_ += count;
      each(std::span<const dirty_entry>(entries).first(count));
    }
    return true;
  }

private:
  const block_header* header_;
  std::uint64_t tail_;
};

}  // namespace lars::share
