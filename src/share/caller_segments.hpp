// The segments of one caller and the blocks in them, as the agent reads them.
#pragma once

#include <array>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <span>
#include <vector>

#include "share/counted_calls.hpp"
#include "share/counters_format.hpp"
#include "share/dirty_ring_reader.hpp"
#include "share/load_ring.hpp"
#include "share/memory_file.hpp"
#include "share/segment_files.hpp"

namespace lars::share {

// One thread's counters of one module. Dirty entries lead to any of them, and there are as many as callers have
// modules: two share a cache line.
struct alignas(32) counter_block {
  route_key key;
  mutable calls_owner* owner = nullptr;
  std::uint32_t segment = 0;
  std::uint32_t block = 0;  // its position in units of block_alignment
  std::uint32_t slots = 0;
  mutable std::uint32_t owner_since = 0;

  std::uint64_t slots_at() const { return std::uint64_t{block} * block_alignment + sizeof(block_header); }
};
static_assert(sizeof(counter_block) == 32);

// Maps segments and parses their blocks. Another process writes the counters: every byte may be anything at any moment.
// Each block's header is read once, checked and copied; later changes of it have no effect. Lifetime: its caller's
// connection. Threads: owner context only.
class caller_segments {
public:
  // Adds a segment: a new one, or one that a caller had of an earlier agent. errc::bad_message if no agent made these
  // files, errc::too_large over `most_bytes` in all, errc::system_error.
  result<void> add(const segment_files& files, std::uint64_t most_bytes);

  // Parses the blocks that were added since the last call. False if the memory is laid out as none of our libraries
  // does it; then it is not parsed any more.
  bool parse();

  std::uint64_t bytes() const { return bytes_; }                    // of both files of each segment
  std::uint64_t counters_bytes() const { return counters_bytes_; }  // of the counters alone
  std::size_t size() const { return segments_.size(); }
  // Tells this memory from any other; 0 = there is none yet.
  std::uint64_t name() const { return name_; }

  // What parse() found. A later add() or parse() invalidates the spans.
  std::span<const counter_block> blocks() const { return blocks_; }
  std::span<dirty_ring_reader> dirty_rings() { return dirty_rings_; }
  std::span<load_ring> load_rings() { return load_rings_; }
  // The slots of all blocks; a block without slots counts as one.
  std::uint64_t slots() const { return slots_; }

  // REQUIRES: number < block.slots.
  const counter_slot& slot(const counter_block& block, std::uint32_t number) const {
    return reinterpret_cast<const counter_slot*>(segments_[block.segment].counters.data() + block.slots_at())[number];
  }
  checkpoint_entry& entry(const counter_block& block, std::uint32_t number) const {
    return reinterpret_cast<checkpoint_entry*>(
        segments_[block.segment].checkpoint.data())[block.slots_at() / sizeof(counter_slot) + number];
  }

  struct location {
    const counter_block* block = nullptr;  // null if the entry names no slot
    std::uint32_t slot = 0;
  };
  // Finds the slots that dirty entries name, and prefetches slots and checkpoints. `found` gets as many locations.
  void locate(std::span<const dirty_entry> entries, std::array<location, dirty_ring_reader::batch>& found) const;

private:
  struct pages {
    mapping counters;
    mapping checkpoint;
    std::uint64_t parsed = sizeof(segment_header);
    // By index_of() its position: number of the counters block + 1; 0 = none begins there.
    std::vector<std::uint32_t> block_at;
  };

  // No two blocks with slots begin so close to each other that they have the same index.
  static constexpr std::size_t index_of(std::uint64_t block) { return block * block_alignment / sizeof(counter_slot); }

  bool parse_block(std::uint32_t segment, pages& in);

  std::vector<pages> segments_;
  std::vector<counter_block> blocks_;
  std::vector<dirty_ring_reader> dirty_rings_;
  std::vector<load_ring> load_rings_;
  std::uint64_t bytes_ = 0;
  std::uint64_t counters_bytes_ = 0;
  std::uint64_t name_ = 0;
  std::uint64_t slots_ = 0;
  bool sound_ = true;
};

}  // namespace lars::share
