// Estimates when the calls of a batch were made, by the database's clock. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "reporter/batch.hpp"

namespace lars::reporter {

// The time of a flush, by two clocks.
struct flush_moment {
  std::int64_t database = 0;  // Unix seconds by the database's clock
  base::time_point here;      // by the clock of batch::received
};

struct batch_time {
  std::int64_t time = 0;  // Unix seconds by the database's clock; never after now
  std::int64_t skew = 0;  // seconds that the agent's clock seems to be ahead of the database's
};

// If the batch carries its age: now - age - the time it waited here, whatever the agent's clock says. If not (agents
// before 0.4), or if the age is impossible (over a year): the time the agent claims if that is within ten minutes of
// the database's, else now.
batch_time estimate_batch_time(const batch& item, const flush_moment& now);

}  // namespace lars::reporter
