// The callers of the demo: each gets a host from the agent, connects to it, exchanges a byte and reports the result.
#pragma once

#include <atomic>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <thread>
#include <vector>

#include "cli/demo/observation.hpp"

namespace lars::cli::demo {

// Connects, sends a byte and receives it back. False if a step fails or takes longer than 300 ms. Blocking.
bool call_host(endpoint where);

// Lifetime: the threads run from construction to destruction; `box` outlives them. Threads: owner context only.
class callers {
public:
  callers(std::size_t count, endpoint agent, route_key module, observation_box& box);
  callers(const callers&) = delete;
  callers& operator=(const callers&) = delete;
  ~callers();

  // Stops the callers; returns the number of calls that they reported to the agent.
  std::uint64_t finish();

private:
  void call_on(endpoint agent, route_key module, observation_box& box);

  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> reported_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace lars::cli::demo
