// When the calls of a batch were made, by the database's clock. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "reporter/batch.hpp"

namespace lars::reporter {

// The moment a flush is decided in.
struct flush_moment {
  std::int64_t database = 0;  // Unix seconds by the database's clock
  base::time_point here;      // by the clock that batches are stamped with as they come
};

struct batch_time {
  std::int64_t time = 0;  // Unix seconds by the database's clock; never after now
  std::int64_t skew = 0;  // seconds that the agent's clock seems to be ahead of the database's
};

// A batch that tells its age is of as long ago, whatever its agent's clock says, plus what it waited here. One that
// does not (an agent before 0.4) is of the time that it claims where that is within ten minutes of the database's, else
// of now; likewise one whose age is more than a year, which nothing can have waited.
batch_time estimate_batch_time(const batch& one, const flush_moment& now);

}  // namespace lars::reporter
