// The policy round_robin: each host in turn, whatever the calls cost.
#pragma once

#include <cstdint>
#include <optional>

#include "balance/live_array.hpp"
#include "balance/module_table.hpp"

namespace lars::balance {

// The first host at or after `cursor`, in membership order and around, that takes calls and has verdict `wanted`;
// the cursor then stands behind it. None: the cursor stays. Pure but for the cursor; looks at each host once at most.
std::optional<member> round_robin_next(const table_view& table, const live_array& live, verdict wanted,
                                       std::uint32_t& cursor);

}  // namespace lars::balance
