// A program beside an agent of the simulation: asks for hosts, calls them, reports.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <lars/types.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "support/memory_network.hpp"
#include "support/simulated_loop.hpp"
#include "wire/messages.hpp"

namespace lars::test {

// Lifetime: outlives run(). Threads: one.
class simulated_caller {
public:
  // Whether a call to the host succeeds now.
  using judge = std::function<bool(endpoint host)>;

  // Asks the agent at `agent` from the address `self`.
  simulated_caller(simulated_loop& loop, memory_network& network, endpoint self, endpoint agent,
                   std::vector<route_key> modules, judge succeeds, std::uint64_t seed);

  // Calls about twice a second until stop().
  boost::asio::awaitable<void> run();
  void stop() { stopping_ = true; }

  std::uint64_t reported() const { return reported_; }  // calls, to an agent that ran

  // The hosts that the agent knows of the module.
  std::vector<endpoint> route(route_key key);

private:
  boost::asio::awaitable<void> call();
  std::optional<std::string> receive();
  boost::asio::awaitable<void> pause(std::uint32_t least_ms, std::uint32_t spread_ms);

  simulated_loop& loop_;
  memory_network& network_;
  const endpoint self_;
  const endpoint agent_;
  const std::vector<route_key> modules_;
  const judge succeeds_;
  base::random_source random_;
  bool stopping_ = false;
  std::uint32_t seq_ = 0;
  std::uint64_t reported_ = 0;
};

}  // namespace lars::test
