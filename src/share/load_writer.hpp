// The ring in which a thread passes hosts' load reports to the agent.
#pragma once

#include <bit>
#include <cstdint>
#include <lars/types.hpp>

#include "balance/load/load_report.hpp"
#include "share/counters_format.hpp"

namespace lars::share {

// Lifetime: its block's. Threads: its thread only.
class load_writer {
public:
  load_writer() = default;
  explicit load_writer(block_header* ring) : ring_(ring) {}

  // REQUIRES: there is a ring.
  void add(route_key module, endpoint where, const balance::load_report& load) {
    const auto number = ring_->head.load(std::memory_order_relaxed);
    auto& entry = reinterpret_cast<load_entry*>(ring_ + 1)[number % load_places];
    put(entry.key, balance::join(static_cast<std::uint32_t>(module.modid), static_cast<std::uint32_t>(module.cmdid)));
    put(entry.where, balance::join(where.ip, where.port));
    put(entry.utilization, std::bit_cast<std::uint64_t>(load.utilization));
    put(entry.qps, std::bit_cast<std::uint64_t>(load.qps));
    put(entry.eps, std::bit_cast<std::uint64_t>(load.eps));
    ring_->head.store(number + 1, std::memory_order_release);
  }

  explicit operator bool() const { return ring_ != nullptr; }

private:
  // A reader that sees the word also sees the head before it, and so knows that the older entry is gone.
  static void put(shared_word& word, std::uint64_t value) { word.store(value, std::memory_order_release); }

  block_header* ring_ = nullptr;
};

}  // namespace lars::share
