// The policy lars: two queues, one of idle and one of ejected hosts. A picked host goes to the tail of its queue, a
// host whose verdict changes to the tail of the other queue, and a new host to the tail of the idle ones.
#pragma once

#include "balance/policy/definition.hpp"

namespace lars::balance {

extern const policy_definition lars_policy;

}  // namespace lars::balance
