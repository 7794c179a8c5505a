// Settings of the dns role, validated at start. Immutable after construction.
#pragma once

#include <chrono>
#include <cstddef>
#include <lars/types.hpp>

namespace lars::dns {

struct dns_config {
  endpoint listen{0x7f000001, 7778};             // port 0 = any free one
  std::chrono::milliseconds poll_interval{200};  // between polls of the database
  std::chrono::seconds reconcile_interval{10};   // unannounced edits and deletes reach agents within this time
  std::size_t max_connections = 10000;           // agents at once
  std::size_t max_subscriptions = 10'000'000;    // subscriptions over all agents
  std::size_t answer_bytes = 256u << 20;         // answers that agents have not read yet, over all agents
  std::chrono::milliseconds silence{30000};      // a pinging agent that sends nothing for this long is disconnected
};

}  // namespace lars::dns
