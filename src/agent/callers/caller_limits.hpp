// Enforces the limits of shared-memory callers; counts and logs each refusal.
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
  // A process may have max_callers / part_of_callers connections, but at least least_connections.
  static constexpr std::size_t part_of_callers = 4;
  static constexpr std::size_t least_connections = 64;

  // REQUIRES: both outlive the limits.
  caller_limits(const agent_config& config, caller_stats& stats) : config_(config), stats_(stats) {}

  // The account of the process that connected; call its close_connection() when the connection ends. Null if the
  // process has so many connections that this one is closed without an answer.
  caller_account* open_connection(const peer_process& peer, base::time_point now);

  // Null if there is no such account or it was pruned.
  caller_account* find(std::uint64_t id) { return accounts_.find(id); }

  bool may_attach(const caller& newcomer);

  // Whether dns may be asked for another module on behalf of this process. Always true for null, an unknown process.
  bool may_ask(caller_account* asker);

  void record_grant(const caller& to, const memory_grant& granted);
  void record_other_layout(const caller& refused, std::uint32_t theirs);

  // Removes unused accounts. Call every few seconds.
  void prune(base::time_point now) { accounts_.prune(now); }

private:
  std::size_t most_connections() const;

  const agent_config& config_;
  caller_stats& stats_;
  caller_accounts accounts_;
};

}  // namespace lars::agent
