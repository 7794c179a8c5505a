// The demo's callers: each asks the agent for a host, connects to it, exchanges a byte and reports how that went.
#pragma once

#include <atomic>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <thread>
#include <vector>

#include "cli/demo/observation.hpp"

namespace lars::cli::demo {

// Connects, sends a byte, receives it back; false if any of that fails or takes longer than 300 ms. Blocking.
bool call_host(endpoint where);

// Lifetime: the threads run from construction to destruction; `box` outlives them. Threads: owner context only.
class callers {
public:
  callers(std::size_t count, endpoint agent, route_key module, observation_box& box);
  callers(const callers&) = delete;
  callers& operator=(const callers&) = delete;
  ~callers();

  // No call begins any more; returns how many were reported to the agent.
  std::uint64_t finish();

private:
  void call_on(endpoint agent, route_key module, observation_box& box);

  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> reported_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace lars::cli::demo
