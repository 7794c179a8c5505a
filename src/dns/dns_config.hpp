// Settings of the dns role, validated at start. Immutable after construction.
#pragma once

#include <chrono>
#include <cstddef>
#include <lars/types.hpp>

namespace lars::dns {

struct dns_config {
  endpoint listen{0x7f000001, 7778};             // port 0 = any free one
  std::chrono::milliseconds poll_interval{200};  // how often the database is asked whether anything changed
  std::chrono::seconds reconcile_interval{10};   // silent edits and deletes reach agents within this time
  std::size_t max_connections = 10000;           // agents at once
  std::size_t max_subscriptions = 10'000'000;    // modules that agents follow, each agent counted
  std::size_t answer_bytes = 256u << 20;         // answers that agents have not read yet, all together
  std::chrono::milliseconds silence{30000};      // agents that ping and then say nothing for so long are closed
};

}  // namespace lars::dns
