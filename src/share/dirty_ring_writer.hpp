// The ring in which a thread lists its counters that changed, for the agent.
#pragma once

#include <cstdint>

#include "share/counters_format.hpp"

namespace lars::share {

// Lifetime: its block's. Threads: its thread only.
class dirty_ring_writer {
public:
  dirty_ring_writer() = default;
  explicit dirty_ring_writer(block_header* ring) : ring_(ring) {}

  void add(const dirty_entry& entry) {
    if (ring_ == nullptr) return;
    const auto head = ring_->head.load(std::memory_order_relaxed);
    reinterpret_cast<shared_word*>(ring_ + 1)[head % dirty_ring_entries].store(pack(entry), std::memory_order_relaxed);
    ring_->head.store(head + 1, std::memory_order_release);
  }

  explicit operator bool() const { return ring_ != nullptr; }

private:
  block_header* ring_ = nullptr;
};

}  // namespace lars::share
