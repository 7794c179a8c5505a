// Which server to try next, and when.
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
  std::chrono::milliseconds wait{0};  // before it is made
  bool alternatives = false;          // there is another server to go to
  bool settle = false;                // all of them were tried in vain: one that only keeps silent is put up with
};

// Servers in an order that this agent prefers and others do not (rendezvous hashing spreads agents over servers, and
// moves only those whose server goes). After a server it tries the next; after a round in vain it waits.
// Pure. Threads: owner context only.
class server_choice {
public:
  // `identity` tells this agent from others. REQUIRES: servers not empty.
  server_choice(std::vector<endpoint> servers, std::string_view identity, base::backoff_config backoff);

  // What to try now. `draw` is a random number.
  server_attempt next(std::uint64_t draw);

  // How the attempt ended. `served`: it was a connection that did its work for a while.
  void ended(bool served);

  // The next attempt is made there, at once. Nothing happens where it is none of the servers.
  void go_to(endpoint server);

  const std::vector<endpoint>& order() const { return order_; }

private:
  std::vector<endpoint> order_;  // constant after construction
  base::backoff backoff_;
  std::size_t position_ = 0;
  std::size_t in_vain_ = 0;  // attempts since the last that served
};

}  // namespace lars::agent
