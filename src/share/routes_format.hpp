// The header and the index of the routes memory. The modules in it: balance's module_format.hpp.
#pragma once

#include <cstdint>

#include "balance/table/module_format.hpp"

namespace lars::share {

using balance::shared_word;

inline constexpr std::uint64_t routes_magic = 0x73657475'6f72534c;  // "LSroutes"

// The agent's state.
enum class agent_state : std::uint64_t {
  serving = 0,
  ended = 1,  // it stopped in good order: callers need not wait for it
};

struct alignas(64) routes_header {
  // Constants.
  shared_word magic;
  shared_word layout;       // a balance::layout_version
  shared_word incarnation;  // random, new with each start of an agent
  shared_word reserve;      // the largest size that the memory can reach
  shared_word end;          // bytes that are allocated now
  shared_word index;        // position of the index_header in use
  shared_word reserved[2];
  // The agent's clocks, in a cache line of their own, since every pick reads them.
  shared_word beat;       // when the last round ended, in ticks of the time stamp counter
  shared_word tick;       // rounds so far
  shared_word epoch;      // refreshes of load sums so far
  shared_word tick_rate;  // base::tick_rate of the times in this memory
  shared_word state;      // agent_state
  shared_word published;  // rounds whose verdicts and load sums are published; 0 = the agent does not count them
  shared_word reserved_too[2];
};
static_assert(sizeof(routes_header) == 128);

// Open addressing over a power of two of entries, at most half of them in use. A replaced index is reused for the next
// one of its size: a reader that is still in it may miss a module, or find a record with another key.
struct alignas(64) index_header {
  shared_word room;     // of entries
  shared_word entries;  // their position
  shared_word stride;   // bytes from one to the next, at least those of index_entry
};
struct index_entry {
  shared_word key;     // as in module_record
  shared_word record;  // its position; 0 = the entry was never used. Stored after the key.
};
inline constexpr std::uint64_t tombstone = 1;  // instead of a position: a module was removed here; searches go on

}  // namespace lars::share
