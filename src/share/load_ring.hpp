// The agent's side of a ring of load reports.
#pragma once

#include <bit>
#include <cstdint>
#include <lars/types.hpp>

#include "balance/load/load_report.hpp"
#include "share/counters_format.hpp"

namespace lars::share {

// A load report as a caller wrote it; the numbers may be anything.
struct told_load {
  route_key module;
  endpoint where;
  balance::load_report load;
};

// Every word may be anything at any moment: reports can be wrong, nothing else can.
// Lifetime: at most its memory's. Threads: owner context only.
class load_ring {
public:
  // REQUIRES: `header` is followed by load_places entries.
  explicit load_ring(const block_header& header) : header_(&header) {}

  // Calls each(told_load) for new entries, at most `most` of them; the others are left for the next call. Overwritten
  // entries are skipped. Returns how many entries it looked at.
  template <class Each>
  std::uint64_t read(std::uint64_t most, Each&& each) {
    const auto head = header_->head.load(std::memory_order_acquire);
    if (head - tail_ > load_places) tail_ = head - load_places;
    const auto before = tail_;
    for (; tail_ != head && tail_ - before < most; ++tail_) {
      const auto told = entry(tail_);
      // The head still equals an entry's number while the entry is written.
      if (header_->head.load(std::memory_order_relaxed) - tail_ < load_places) each(told);
    }
    return tail_ - before;
  }

  // Skips what was written for an earlier agent.
  void skip() { tail_ = header_->head.load(std::memory_order_acquire); }

private:
  told_load entry(std::uint64_t number) const {
    const auto get = [](const shared_word& word) { return word.load(std::memory_order_acquire); };
    const auto& from = reinterpret_cast<const load_entry*>(header_ + 1)[number % load_places];
    const auto key = get(from.key);
    const auto where = get(from.where);
    return {{static_cast<std::int32_t>(balance::high_of(key)), static_cast<std::int32_t>(balance::low_of(key))},
            {balance::high_of(where), balance::low_of(where)},
            {std::bit_cast<double>(get(from.utilization)), std::bit_cast<double>(get(from.qps)),
             std::bit_cast<double>(get(from.eps))}};
  }

  const block_header* header_;
  std::uint64_t tail_ = 0;
};

}  // namespace lars::share
