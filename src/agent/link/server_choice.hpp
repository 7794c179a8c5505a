// Chooses the server to try next, and when.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <string_view>
#include <vector>

#include "base/backoff.hpp"

namespace lars::agent {

struct server_attempt {
  endpoint where;
  std::chrono::milliseconds wait{0};  // before the attempt
  bool alternatives = false;          // there are other servers
  bool settle = false;                // every server failed, so accept one that stays silent
};

// Orders the servers by rendezvous hash of this agent's identity. That spreads agents over the servers and, when a
// server is removed, moves only its agents. Tries one server after the other; after a round of failures it backs off.
// Pure. Threads: owner context only.
class server_choice {
public:
  // `identity` is unique to this agent. REQUIRES: servers not empty.
  server_choice(std::vector<endpoint> servers, std::string_view identity, base::backoff_config backoff);

  // The next attempt. `draw` is a random number.
  server_attempt next(std::uint64_t draw);

  // The attempt ended. `served`: its connection worked for a while.
  void ended(bool served);

  // Makes this server the next attempt, without a wait. Ignores unknown servers.
  void go_to(endpoint server);

  const std::vector<endpoint>& order() const { return order_; }

private:
  std::vector<endpoint> order_;  // constant after construction
  base::backoff backoff_;
  std::size_t position_ = 0;
  std::size_t failures_ = 0;  // attempts since the last one that served
};

}  // namespace lars::agent
