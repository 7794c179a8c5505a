// Gives callers the shared memory that they count their calls in, within what one connection and one process may have.
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
  connection,  // what one connection may have
  process,     // what all connections of a process may have
};

// What a caller is answered.
struct memory_grant {
  share::attach_status status = share::attach_status::ok;
  std::optional<memory_limit> exceeded{};  // where the status is `full`
  std::uint64_t bytes = 0;                 // of the new segment's counters
  std::vector<int> files{};                // to be sent, in this order; of `segments`
  std::vector<share::segment_files> segments{};
};

// Lifetime: its acceptor's. Threads: owner context only. Time is an argument.
class caller_memory {
public:
  using caller_set = std::unordered_set<std::shared_ptr<caller>>;

  // Of `caller_mb`, which one connection may have: a process with many of them has room for as much as this.
  static constexpr std::uint64_t connections_worth = 4;

  // REQUIRES: `callers` are all that there are, and outlive this.
  caller_memory(std::uint64_t most_of_connection, const caller_set& callers)
      : most_of_connection_(most_of_connection), callers_(callers) {}

  // A newcomer gets its first segment; of one that brings files, these are taken in: counters and checkpoint of each
  // segment that it had from an agent before.
  memory_grant admit(caller& newcomer, std::vector<share::descriptor> files, base::time_point now);

  // Another segment, with room for a block of `wanted` bytes.
  memory_grant add_segment(caller& to, std::uint64_t wanted, base::time_point now);

  // Counters that the caller made while there was no agent: they are counted from their beginning, once a file, and are
  // like any others from then on. `refused` where the files are no counters.
  memory_grant adopt(caller& from, std::vector<share::descriptor> files, base::time_point now);

  // The connection ends, and the process may keep what it was given.
  static void release(caller& leaving, base::time_point now);

  // What the caller has brought is in use again, no matter over which connection it had it before.
  static void reclaim(caller& returned);

private:
  std::uint64_t most_of_process() const { return connections_worth * most_of_connection_; }
  // What its process has besides this connection.
  std::uint64_t bytes_besides(const caller& one, base::time_point now) const;
  std::uint64_t bytes_had_before(const caller& returned) const;
  memory_grant take_back(caller& returned, std::vector<share::descriptor> files, base::time_point now);

  const std::uint64_t most_of_connection_;
  const caller_set& callers_;
  adopted_checkpoints adopted_;
};

}  // namespace lars::agent
