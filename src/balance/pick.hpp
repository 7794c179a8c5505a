// The pick: which host gets the next call. The same function serves every transport. Who picks again and again from
// shared memory may first ask score_cache, which answers the usual case in a few steps.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <span>

#include "balance/policy/cursor.hpp"
#include "balance/table/table_view.hpp"

namespace lars::balance {

enum class pick_code : std::uint8_t {
  picked,       // `chosen` is the host
  all_ejected,  // every host is overloaded and it is no probe's turn
  no_hosts,     // the module has no host that takes calls
  unreadable,   // the writer never stood still, or left in the middle: ask again, elsewhere
  elsewhere,    // the module does not live in this memory any more
  gone,         // the module was retired: look it up again
};

struct pick_result {
  pick_code code = pick_code::no_hosts;
  member chosen;
  bool trial = false;  // an overloaded host is tried
};

// What a pick is wanted with. Views live as long as the pick.
struct pick_request {
  std::uint64_t draw = 0;             // random
  std::span<const endpoint> exclude;  // hosts not to be picked unless there is no other
  const picker_counts& own = no_picker_counts;
};

// Picks from what is published, without lock, allocation or system call; any thread, with a cursor of its own. Where no
// host is picked the cursor's turns stay as they were, but for those of a table that was overtaken, and of overload.
pick_result pick(const module_view& module, cursor& own, const pick_request& request);

// The same, answered in whole words: who has tens of nanoseconds waits for no halves of them.
struct found_host {
  pick_code code = pick_code::no_hosts;
  bool trial = false;
  std::uint64_t where = 0;  // ip 32 | port 32
  std::uint64_t id = 0;     // slot 32 | generation 32
};
found_host find_host(const module_view& module, cursor& own, const pick_request& request);

}  // namespace lars::balance
