// What processes that share memory are refused, each counted and logged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/callers/caller.hpp"
#include "agent/callers/caller_account.hpp"
#include "agent/callers/caller_memory.hpp"
#include "agent/callers/caller_stats.hpp"
#include "agent/local/agent_config.hpp"
#include "base/clock.hpp"

namespace lars::agent {

// Owns the accounts of all processes. Lifetime: its server's. Threads: owner context only.
class caller_limits {
public:
  // A process may have this part of `max_callers` in connections, and so many at least.
  static constexpr std::size_t part_of_callers = 4;
  static constexpr std::size_t least_connections = 64;

  // REQUIRES: both outlive it.
  caller_limits(const agent_config& config, caller_stats& stats) : config_(config), stats_(stats) {}

  // The account of the process that has connected; it is told when the connection ends. Null where the process has so
  // many that it is not even told.
  caller_account* open_connection(const peer_process& peer, base::time_point now);

  // Null where there is none (any more).
  caller_account* find(std::uint64_t id) { return accounts_.find(id); }

  bool may_attach(const caller& newcomer);

  // Whether dns may be asked for another module on behalf of this process. Null: nobody knows which one it is.
  bool may_ask(caller_account* asker);

  void note_grant(const caller& to, const memory_grant& granted);
  void note_other_layout(const caller& of, std::uint32_t theirs);

  // Forgets processes that are gone. Every few seconds.
  void prune(base::time_point now) { accounts_.prune(now); }

private:
  std::size_t most_connections() const;

  const agent_config& config_;
  caller_stats& stats_;
  caller_accounts accounts_;
};

}  // namespace lars::agent
