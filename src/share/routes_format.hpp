// How the routes memory begins, and how a module is found in it. The modules themselves: balance/module_format.
#pragma once

#include <cstdint>

#include "balance/module_format.hpp"

namespace lars::share {

using balance::shared_word;

inline constexpr std::uint64_t routes_magic = 0x73657475'6f72534c;  // "LSroutes"

// What an agent says of itself.
enum class agent_state : std::uint64_t {
  serving = 0,
  ended = 1,  // it stopped in good order: whoever wants another one need not wait
};

struct alignas(64) routes_header {
  // Constants.
  shared_word magic;
  shared_word layout;       // balance::layout_version
  shared_word incarnation;  // random, new at each start of an agent
  shared_word reserve;      // the memory will never be longer than this
  shared_word end;          // so much of it is allocated now
  shared_word index;        // position of the index_header in use
  shared_word reserved[2];
  // What the control loop tells of time; a line of its own, since every pick reads it.
  shared_word beat;       // ticks of the last round of the control loop
  shared_word tick;       // rounds so far: verdicts are drained once each
  shared_word epoch;      // load sums so far
  shared_word tick_rate;  // base::tick_rate of every time in here
  shared_word state;      // agent_state
  shared_word published;  // rounds whose verdicts and load sums are out; 0 = an agent that does not count them
  shared_word reserved_too[2];
};
static_assert(sizeof(routes_header) == 128);

// Open addressing over a power of two of entries, at most half of them in use. A replaced index is reused for the next
// one of its size: a reader that is still in it may miss a module, or find a record whose key is another one.
struct alignas(64) index_header {
  shared_word room;  // of entries, which follow
};
struct index_entry {
  shared_word key;     // as in module_record
  shared_word record;  // position; 0 = the entry was never used. Stored after the key.
};
inline constexpr std::uint64_t tombstone = 1;  // no position: a module was removed here, searches go on

}  // namespace lars::share
