// Whether the agent heard of every call that was made.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <string>

#include "bench/own_agent.hpp"
#include "bench/pick_load.hpp"

namespace lars::bench {

// What came of it: how much it heard, and what is wrong; empty = nothing.
struct counted_calls {
  std::uint64_t picks = 0;
  std::uint64_t ends = 0;
  std::uint64_t route_changes = 0;
  std::string wrong;
};

// Lifetime: at most the agent's. Threads: owner context only; blocking.
class counted_check {
public:
  // Begins with what the agent has heard of so far. Errors as of metrics_page::fetch().
  static result<counted_check> begin(const own_agent& agent, client::transport transport);

  // Routes that changed before this moment are not counted; without it none is left out.
  result<void> forget_changes();

  // Once the callers of the load have gone; waits for the agent to notice. Over UDP reports alone are counted exactly:
  // a question whose answer was lost is asked twice.
  result<counted_calls> end(const load_totals& made) const;

private:
  counted_check(const own_agent& agent, client::transport transport) : agent_(&agent), transport_(transport) {}
  result<counted_calls> heard(bool& gone) const;

  const own_agent* agent_;
  client::transport transport_;
  counted_calls before_;
};

}  // namespace lars::bench
