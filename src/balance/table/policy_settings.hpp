// How a module's calls are spread over its hosts, and when a host of it counts as ill.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"

namespace lars::balance {

// The numbers are those of the table in memory.
enum class policy_kind : std::uint8_t {
  p2c = 0,                   // two choices, the one with the lower expected wait
  round_robin = 1,           // each in turn
  weighted_round_robin = 2,  // each in turn, as often as its weight says
  random = 3,                // any
  weighted_random = 4,       // any, with a chance as its weight says
  least_request = 5,         // the one with fewest calls under way
  ralb = 6,                  // any, with a chance that follows the load that hosts report
  lars = 7,                  // the original: round robin over queues
};

// What least_request compares. `a` = calls under way, `w` = weight.
enum class request_rule : std::uint8_t {
  plain = 0,           // a
  weighted = 1,        // a / w
  shortest_delay = 2,  // (a + 1) / w
  never_queue = 3,     // a host with a = 0, else as shortest_delay
};

// Values are within the bounds of the policy's parameters. Immutable after construction.
struct policy_settings {
  policy_kind kind = policy_kind::p2c;

  // least_request, p2c
  std::uint32_t choices = 2;  // hosts that are compared; 0 = all
  request_rule rule = request_rule::weighted;

  // p2c
  base::duration tau = std::chrono::seconds(10);           // what was seen so long ago counts e times less
  base::duration error_latency = std::chrono::seconds(1);  // a failed call counts as slow as this at least
  bool follow_reports = true;  // where most hosts report their load, it decides whom the two choices fall on

  // ralb, and p2c where it follows reports
  base::duration window = std::chrono::seconds(3);  // loads are averaged, then weights change
  double max_adjust_ratio = 2.5;                    // weights stay within base / ratio .. base * ratio
  double recover = 0.1;                             // a host that is new or back begins with this share of base
  double error_penalty = 1.0;                       // utilisation that a host adds by failing every call

  bool operator==(const policy_settings&) const = default;
};

}  // namespace lars::balance
