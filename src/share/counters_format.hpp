// The memory in which a caller counts its calls: segments that it alone writes, divided into blocks. The agent reads
// them and trusts nothing; beside each segment lies a checkpoint, which the agent alone writes: what it has counted
// already.
#pragma once

#include <atomic>
#include <cstdint>

#include "balance/table/counter_slot.hpp"
#include "balance/table/module_format.hpp"

namespace lars::share {

using balance::counter_slot;
using balance::shared_word;

inline constexpr std::uint64_t counters_magic = 0x73746e75'6f63534c;  // "LScounts"
inline constexpr std::uint64_t block_alignment = 64;
inline constexpr std::uint64_t first_segment = 32u << 10;       // bytes of a caller's first segment
inline constexpr std::uint64_t most_segments = 64;              // of one caller
inline constexpr std::uint64_t first_own_segment = 256u << 10;  // of the segments that a caller makes without an agent
inline constexpr std::uint64_t most_own_bytes = 1u << 20;       // of them in all, or as much as agents gave

struct alignas(64) segment_header {
  shared_word magic;
  shared_word used;  // bytes of whole blocks, this header included; only grows
};

// The agent skips a block of a kind that it does not know.
enum class block_kind : std::uint64_t {
  dirty_ring = 1,  // the slots of one thread that changed
  counters = 2,    // one thread's calls to one module: a slot a host, in the order of their first picks
  loads = 3,       // load_entry
};

struct alignas(64) block_header {
  shared_word kind;
  shared_word bytes;  // of the whole block, a multiple of block_alignment
  shared_word key;    // counters: modid 32 | cmdid 32
  shared_word count;  // counters: slots that follow. dirty_ring, loads: entries
  shared_word head;   // dirty_ring, loads: entries written so far
};

// An entry of one thread's dirty ring: a slot that changed since the agent looked. The ring has `count` words. A slot
// is entered once a tick, so the agent's work is proportional to what changed.
struct dirty_entry {
  std::uint32_t segment = 0;
  std::uint32_t block = 0;  // position in the segment, in units of block_alignment
  std::uint32_t slot = 0;
};
inline constexpr std::uint64_t dirty_ring_entries = 1024;

constexpr std::uint64_t pack(const dirty_entry& entry) {
  return (std::uint64_t{entry.segment} << 56) | (std::uint64_t{entry.block} << 24) | entry.slot;
}
constexpr dirty_entry unpack_dirty(std::uint64_t packed) {
  return {static_cast<std::uint32_t>(packed >> 56), static_cast<std::uint32_t>(packed >> 24),
          static_cast<std::uint32_t>(packed) & 0xffffff};
}
// A load report that came with the end of a call: a ring of `count` entries, at most one a host and epoch. Entries that
// the agent does not read in time are overwritten; the next epoch brings new ones.
struct load_entry {
  shared_word key;          // modid 32 | cmdid 32
  shared_word where;        // ip 32 | port 32
  shared_word utilization;  // the bits of a double, as below
  shared_word qps;
  shared_word eps;
};
static_assert(sizeof(load_entry) == 40);
inline constexpr std::uint64_t load_places = 256;
inline constexpr std::uint64_t most_slots = 1u << 24;  // of one block

// What the agent has taken over of one counter_slot. The slot at `n` times its size in a segment has its entry at `n`
// times this size in the checkpoint.
struct checkpoint_entry {
  std::uint64_t where = 0;
  std::uint64_t picks = 0;
  std::uint64_t ends = 0;
  std::uint64_t failures = 0;
  std::uint64_t latency_us = 0;
  std::uint64_t cost = 0;
  std::uint32_t dropped = 0;
  std::uint32_t hint = 0;                             // the slot where the agent found the host
  std::uint16_t latency[base::latency_buckets] = {};  // the lower half of each count
};
static_assert(sizeof(checkpoint_entry) == 88);

constexpr std::uint64_t checkpoint_bytes(std::uint64_t segment_bytes) {
  return segment_bytes / sizeof(counter_slot) * sizeof(checkpoint_entry);
}

// What a segment of counters takes with its checkpoint.
constexpr std::uint64_t allocated_bytes(std::uint64_t segment_bytes) {
  return segment_bytes + checkpoint_bytes(segment_bytes);
}
// The largest segment that takes so much at most.
constexpr std::uint64_t segment_within(std::uint64_t allocated) {
  return allocated / (sizeof(counter_slot) + sizeof(checkpoint_entry)) * sizeof(counter_slot);
}

}  // namespace lars::share
