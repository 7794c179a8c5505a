// The policy lars: two queues, one of idle and one of ejected hosts. A picked host goes to the tail of its queue, a
// host whose verdict changes to the tail of the other queue, and a new host to the tail of the idle ones.
#pragma once

#include <cstdint>

#include "balance/policy/choice.hpp"

namespace lars::balance {

// The head of the queue of hosts with the verdict wanted. Looks at each host, and allocates, only when hosts came or
// changed, or while the picker is alone. Queues begin in the order of the list, not at random: the original's callers
// know it so.
std::uint32_t lars_next(const choice& of, turn_queues& queues);

}  // namespace lars::balance
