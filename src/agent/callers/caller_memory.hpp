// Allocates the shared memory of callers' counters within the limits of a connection and of a process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "agent/callers/adopted_checkpoints.hpp"
#include "agent/callers/caller.hpp"
#include "base/clock.hpp"
#include "share/attach.hpp"
#include "share/caller_counters.hpp"

namespace lars::agent {

enum class memory_limit : std::uint8_t {
  connection,  // of one connection
  process,     // of all connections of a process
};

// The answer to a caller.
struct memory_grant {
  share::attach_status status = share::attach_status::ok;
  std::optional<memory_limit> exceeded{};  // set if the status is `full` because of a limit
  std::uint64_t bytes = 0;                 // size of the new segment's counters
  std::vector<int> files{};                // to send in this order; owned by `segments`
  std::vector<share::segment_files> segments{};
};

// Lifetime: its acceptor's. Threads: owner context only. Time is an argument.
class caller_memory {
public:
  using caller_set = std::unordered_set<std::shared_ptr<caller>>;

  // A process may have this many times the `caller_mb` of one connection.
  static constexpr std::uint64_t connections_worth = 4;

  // REQUIRES: `callers` contains all callers and outlives this.
  caller_memory(std::uint64_t most_of_connection, const caller_set& callers)
      : most_of_connection_(most_of_connection), callers_(callers) {}

  // Gives a new caller its first segment. If it brings files, accepts these instead: counters and checkpoint of each
  // segment that a previous agent gave it.
  memory_grant admit(caller& newcomer, std::vector<share::descriptor> files, base::time_point now);

  // Another segment, with room for a block of `requested` bytes.
  memory_grant add_segment(caller& to, std::uint64_t requested, base::time_point now);

  // Accepts counters that the caller created while there was no agent. Counts each file from its beginning, but only
  // once. `refused` if the files are not counters.
  memory_grant adopt(caller& from, std::vector<share::descriptor> files, base::time_point now);

  // The connection ends, but the process may keep its memory.
  static void release(caller& leaving, base::time_point now);

  // The caller uses the memory it brought again, whichever connection it had it over before.
  static void reclaim(caller& returned);

private:
  std::uint64_t most_of_process() const { return connections_worth * most_of_connection_; }
  // The memory of the caller's process, except this connection's.
  std::uint64_t bytes_besides(const caller& peer, base::time_point now) const;
  std::uint64_t bytes_had_before(const caller& returned) const;
  memory_grant readmit(caller& returned, std::vector<share::descriptor> files, base::time_point now);

  const std::uint64_t most_of_connection_;
  const caller_set& callers_;
  adopted_checkpoints adopted_;
};

}  // namespace lars::agent
