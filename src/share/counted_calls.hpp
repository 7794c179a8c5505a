// What a scan of a caller's counters reports, and who receives it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <lars/types.hpp>
#include <span>
#include <utility>

#include "base/call_sums.hpp"

namespace lars::share {

// The base class of what a scan's receiver keeps of a module. Each block of counters remembers one, so that the
// receiver need not search for it again.
class calls_owner {
protected:
  calls_owner() = default;
  ~calls_owner() = default;
};

// What one thread counted of one host since the last scan.
struct counted_calls {
  route_key key;
  calls_owner** owner = nullptr;         // for the receiver: its object of this module, null at first
  std::uint32_t* owner_since = nullptr;  // for the receiver: when it set `owner`, 0 at first
  endpoint where;
  std::uint32_t* hint = nullptr;  // for the receiver: the host's slot in the module when it was last found
  std::uint64_t picks = 0;
  std::uint64_t ends = 0;      // with an outcome
  std::uint64_t failures = 0;  // of those
  std::uint64_t dropped = 0;   // ended without one
  std::uint64_t run = 0;       // failures in a row that the counters end with
  std::uint64_t latency_us = 0;
  std::uint64_t cost = 0;
  std::uint32_t peak_us = 0;
  std::array<std::uint32_t, base::latency_buckets> latency{};
};

// Hands counted calls to a receiver in batches. Threads: one at a time.
class calls_sink {
public:
  static constexpr std::size_t batch = 32;

  // A host may occur several times. The pointers are valid as long as the counters that were scanned.
  using receiver = std::function<void(std::span<const counted_calls>)>;

  explicit calls_sink(receiver receive) : receive_(std::move(receive)) {}

  // The next element to fill in. It counts once keep() is called. It may hold anything before that.
  counted_calls& next() { return waiting_[count_]; }
  // Hands over the batch when it is full.
  void keep() {
    if (++count_ == batch) flush();
  }
  // Hands over what waits.
  void flush() {
    if (count_ > 0) receive_(std::span(waiting_).first(std::exchange(count_, 0)));
  }

private:
  const receiver receive_;
  std::array<counted_calls, batch> waiting_;
  std::size_t count_ = 0;
};

}  // namespace lars::share
