// Checks that a database answers and can be written to.
#pragma once

#include <lars/error.hpp>

namespace lars::storage {

// Has its own connection, which never waits for locks. Threads: blocking; one thread at a time. It connects on first
// use and again after a loss.
class storage_check {
public:
  virtual ~storage_check() = default;

  // The call under way and every later one end at once with errc::unavailable. Any thread.
  virtual void interrupt() = 0;

  // Takes at most two seconds for each host that the URL names, and three more to connect. errc::read_only: the server
  // accepts no writes; other errors as of storage::session. A node of a Galera cluster that is out of sync counts as
  // one that does not answer.
  virtual result<void> run() = 0;
};

}  // namespace lars::storage
