// What every policy is asked: of the hosts that may be picked, which one.
#pragma once

#include "balance/eligibility.hpp"
#include "balance/lane.hpp"
#include "balance/table_view.hpp"
#include "base/random.hpp"

namespace lars::balance {

// Lifetime: one pick. A policy looks at each host a bounded number of times and leaves the table as it is.
struct choice {
  const table_view& table;  // REQUIRES: not empty
  eligibility allowed;
  lane_cursors& own;
  base::random_source& draw;
};

// How often a policy draws before it takes a host that is out as a sign to look at all of them.
inline constexpr int most_draws = 8;

}  // namespace lars::balance
