// The live values of one module's hosts: one slot a host of independent 8-byte words, updated in place.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "balance/live_value.hpp"

namespace lars::balance {

// How many of a module's hosts that take calls are in which state.
struct population {
  std::uint32_t idle = 0;
  std::uint32_t overloaded = 0;
};

// Slots live in chunks, each twice as long as the one before, that never move while the array lives.
// Lifetime: its module's. Threads: one writer at a time (the module's lock); load() and hosts() on any thread.
class live_array {
public:
  static constexpr std::uint32_t first_chunk = 4;   // slots in the first chunk
  static constexpr std::uint32_t chunk_count = 22;  // room for 16 million slots
  static constexpr std::uint32_t most_slots = first_chunk * ((1u << chunk_count) - 1);

  live_array() = default;
  ~live_array();
  live_array(const live_array&) = delete;
  live_array& operator=(const live_array&) = delete;

  // Makes room for that many slots. REQUIRES: slots <= most_slots.
  void reserve(std::uint32_t slots);

  // One store. REQUIRES: reserve() made room for the slot.
  void store(std::uint32_t slot, const live_value& value);
  void store_hosts(population hosts);

  // The slot's value; a slot that there is no room for reads as never used.
  live_value load(std::uint32_t slot) const;
  population hosts() const;

private:
  // On a machine word; one host's values later fill more words of the slot.
  struct live_slot {
    std::atomic<std::uint64_t> value{0};
  };
  live_slot* find(std::uint32_t slot) const;

  std::array<std::atomic<live_slot*>, chunk_count> chunks_{};  // owned; null until reserved
  std::atomic<std::uint64_t> hosts_{0};                        // idle 32 | overloaded 32
  std::uint32_t reserved_ = 0;                                 // writer only
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && sizeof(std::atomic<std::uint64_t>) == 8);

}  // namespace lars::balance
