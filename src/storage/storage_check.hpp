// Whether a database answers and may be written to.
#pragma once

#include <lars/error.hpp>

namespace lars::storage {

// A connection of its own, which waits for nobody's locks. Threads: blocking; one thread at a time. It connects on
// first use and again after a loss.
class storage_check {
public:
  virtual ~storage_check() = default;

  // The call under way and every later one end at once with errc::unavailable. Any thread.
  virtual void interrupt() = 0;

  // Takes two seconds at most, and three more where it has to connect; so much for each host that the URL names.
  // errc::read_only: the server takes no writes; otherwise as storage::session. A node of a Galera cluster that does
  // not follow it counts as one that does not answer.
  virtual result<void> look() = 0;
};

}  // namespace lars::storage
