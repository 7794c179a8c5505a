// The pick: which host gets the next call. Every transport uses the same function. A client that picks from shared
// memory first asks score_cache, which answers the most frequent picks in a few steps.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <span>

#include "balance/policy/cursor.hpp"
#include "balance/table/table_view.hpp"

namespace lars::balance {

enum class pick_code : std::uint8_t {
  picked,       // `chosen` is the host
  all_ejected,  // every host is ejected, and no trial is due
  no_hosts,     // the module has no host that takes calls
  unreadable,   // the table changed during every attempt to read it: ask the agent
  elsewhere,    // the module moved to memory that is not shared: ask the agent
  gone,         // the module was retired: look it up again
};

struct pick_result {
  pick_code code = pick_code::no_hosts;
  member chosen;
  bool trial = false;  // the host is ejected, and is tried
};

// Views live as long as the pick.
struct pick_request {
  std::uint64_t draw = 0;             // random
  std::span<const endpoint> exclude;  // hosts to pick only if there is no other
  const picker_counts& own = no_picker_counts;
};

// Picks from the published table. Takes no lock, allocates nothing, makes no system call. Threads: any, each with a
// cursor of its own. Where no host is picked the cursor's turns stay as they were, except where the table was
// overwritten meanwhile or every host is ejected.
pick_result pick(const module_view& module, cursor& own, const pick_request& request);

// Like pick(), but returns packed 64-bit words, so the hot path need not assemble the host from 32-bit halves.
struct found_host {
  pick_code code = pick_code::no_hosts;
  bool trial = false;
  std::uint64_t where = 0;  // ip 32 | port 32
  std::uint64_t id = 0;     // slot 32 | generation 32
};
found_host find_host(const module_view& module, cursor& own, const pick_request& request);

}  // namespace lars::balance
