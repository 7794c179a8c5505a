// The policy round_robin: each host in turn, whatever the calls cost.
#pragma once

#include <cstdint>
#include <optional>

#include "balance/eligibility.hpp"
#include "balance/table_view.hpp"

namespace lars::balance {

// The first host at or after `cursor`, in membership order and around, that may be picked; the cursor then stands
// behind it. None: the cursor stays. Pure but for the cursor; looks at each host once at most.
std::optional<member> round_robin_next(const table_view& table, const eligibility& allowed, std::uint32_t& cursor);

}  // namespace lars::balance
