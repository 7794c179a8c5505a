// Checks that the agent counted every call that was made.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <string>

#include "bench/own_agent.hpp"
#include "bench/pick_load.hpp"

namespace lars::bench {

// What the agent counted.
struct counted_calls {
  std::uint64_t picks = 0;
  std::uint64_t ends = 0;
  std::uint64_t route_changes = 0;
  std::string wrong;  // how it differs from the calls made; empty = it does not
};

// Lifetime: at most the agent's. Threads: owner context only; blocking.
class counted_check {
public:
  // Reads the agent's counters before the load. Errors: as metrics_page::fetch().
  static result<counted_check> begin(const own_agent& agent, client::transport transport);

  // Excludes route changes before this moment from the result.
  result<void> forget_changes();

  // Waits until the agent has detached the callers of the load, and compares. REQUIRES: the callers have ended. Over
  // UDP only reports are compared: a caller repeats a request whose answer was lost.
  result<counted_calls> end(const load_totals& totals) const;

private:
  counted_check(const own_agent& agent, client::transport transport) : agent_(&agent), transport_(transport) {}
  result<counted_calls> read(bool& detached) const;

  const own_agent* agent_;
  client::transport transport_;
  counted_calls before_;
};

}  // namespace lars::bench
