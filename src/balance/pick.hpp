// The pick: which host gets the next call. The same function serves every door.
#pragma once

#include <cstdint>
#include <lars/types.hpp>

#include "balance/health_config.hpp"
#include "balance/lane.hpp"
#include "balance/live_array.hpp"
#include "balance/module_table.hpp"

namespace lars::balance {

enum class pick_code : std::uint8_t {
  picked,      // `where` is the host
  overload,    // every host is overloaded and it is no probe's turn
  no_hosts,    // the module has no host that takes calls
  unreadable,  // the writer never stood still: ask again
};

struct pick_result {
  pick_code code = pick_code::no_hosts;
  endpoint where;
  bool probe = false;  // an overloaded host is tried
};

// Picks from what is published, without lock, allocation or system call; any thread, with a lane of its own.
// `draw` is a random number, used for the lane's start alone. Unless a host is picked or the code is overload, the lane
// stays as it was.
pick_result pick(const module_table& table, const live_array& live, lane& own, const health_config& config,
                 std::uint64_t draw);

}  // namespace lars::balance
