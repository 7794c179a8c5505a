// The question put to every policy: which of the hosts that may be picked.
#pragma once

#include "balance/health/eligibility.hpp"
#include "balance/policy/cursor.hpp"
#include "balance/table/table_view.hpp"
#include "base/random.hpp"

namespace lars::balance {

// Lifetime: one pick. A policy looks at each host a bounded number of times and leaves the table as it is.
struct choice {
  const table_view& table;  // REQUIRES: not empty
  eligibility allowed;
  cursor& own;
  std::uint64_t bits;  // the first random draw of this pick
  base::random_source& draw;

  [[gnu::always_inline]] bool allows(std::uint32_t index) const { return allowed(table.candidate_at(index)); }
};

// A policy answers with a member's index, which fits a register, or with this.
inline constexpr std::uint32_t nobody = UINT32_MAX;

// How often a policy draws a host that may not be picked before it looks at all hosts.
inline constexpr int most_draws = 8;

}  // namespace lars::balance
