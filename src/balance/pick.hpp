// The pick: which host gets the next call. The same function serves every door.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <span>

#include "balance/lane.hpp"
#include "balance/table_view.hpp"

namespace lars::balance {

enum class pick_code : std::uint8_t {
  picked,      // `chosen` is the host
  overload,    // every host is overloaded and it is no probe's turn
  no_hosts,    // the module has no host that takes calls
  unreadable,  // the writer never stood still, or left in the middle: ask again, elsewhere
  elsewhere,   // the module does not live in this memory any more
};

struct pick_result {
  pick_code code = pick_code::no_hosts;
  member chosen;
  bool probe = false;  // an overloaded host is tried
};

// What a pick is wanted with. Views live as long as the pick.
struct pick_wish {
  std::uint64_t draw = 0;             // random
  std::span<const endpoint> exclude;  // hosts not to be picked unless there is no other
  own_counts own;
};

// Picks from what is published, without lock, allocation or system call; any thread, with a lane of its own. Unless a
// host is picked or the code is overload, the lane stays as it was.
pick_result pick(const module_view& module, lane& own, const pick_wish& wish);

}  // namespace lars::balance
