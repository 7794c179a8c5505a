// Decides from checks and transactions whether the database works.
#pragma once

#include <lars/error.hpp>
#include <optional>
#include <utility>

#include "storage/freshness.hpp"

namespace lars::reporter {

// Pure. Threads: owner context only.
class storage_decider {
public:
  struct decision {
    storage::database_state state = storage::database_state::well;
    bool changed = false;  // it works again, or it works no longer
  };

  // A check ended. `failing`: a writer's last transaction failed. One failure may be a lost connection that the next
  // transaction replaces, so the database counts as failed only if that was so at two checks in a row.
  decision on_check(const result<void>& outcome, bool failing) {
    const bool still_failing = std::exchange(failing_, failing) && failing;
    decision decided;
    if (!outcome)
      decided.state = outcome.error().code == errc::read_only ? storage::database_state::cannot_write
                                                              : storage::database_state::lost;
    else if (still_failing)
      decided.state = storage::database_state::cannot_write;
    const bool well = decided.state == storage::database_state::well;
    decided.changed = std::exchange(well_, well) != well;
    return decided;
  }

private:
  bool failing_ = false;  // at the last check
  bool well_ = true;      // logged as such; nothing is logged of a database that works from the start
};

}  // namespace lars::reporter
