// The counters of one thread of one caller for one host: written by that thread alone, read by the agent.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "balance/table/module_format.hpp"
#include "base/call_sums.hpp"

namespace lars::balance {

// All but run and peak only grow, so calls may end on another thread than they began on: sums over lanes tell.
// Relaxed loads and stores by one writer, no read-modify-write. Layout: part of layout_version.
struct alignas(64) counter_slot {
  shared_word where;                   // the host that the counts are of: ip 32 | port 32; 0 = none yet
  shared_word picks;                   // calls that began
  shared_word ends;                    // calls that ended, with an outcome
  shared_word failures;                // of those, failures
  shared_word latency_us;              // sum over ends
  shared_word cost;                    // sum over ends
  std::atomic<std::uint32_t> dropped;  // calls that ended without an outcome: abandoned, or of a host before this one
  std::atomic<std::uint32_t> run;      // failures in a row, up to the last end
  std::atomic<std::uint32_t> peak_us;  // longest latency since the agent's load sums were last refreshed
  std::atomic<std::uint32_t> cost_in;  // sum over picks, modulo 2^32
  std::array<std::atomic<std::uint32_t>, base::latency_buckets> latency;  // ends by latency, modulo 2^32
};
static_assert(sizeof(counter_slot) == 128);

}  // namespace lars::balance
