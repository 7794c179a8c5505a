// What a process has of one agent: its routes, and how it tells time.
#pragma once

#include <cstdint>
#include <utility>

#include "base/tick_clock.hpp"
#include "share/routes_map.hpp"

namespace lars::client {

// Lifetime: shared by the threads that pick from it. Threads: any; immutable after construction.
class attachment {
public:
  attachment(share::routes_map map, std::uint32_t counters_generation)
      : routes(std::move(map)), rate(routes.rate()), counters(counters_generation), stale_(rate.from_ns(stale_ns)) {}

  // Whether the agent lives, by its last beat: what it publishes is then at most half a second old.
  bool is_alive(std::uint64_t now, std::uint64_t beat) const {
    return static_cast<std::int64_t>(now - beat) < static_cast<std::int64_t>(stale_) && !routes.ended();
  }

  const share::routes_map routes;
  const base::tick_rate rate;
  const std::uint32_t counters;  // which generation of this process's counters that agent reads

private:
  static constexpr std::uint64_t stale_ns = 500'000'000;  // many rounds of an agent, however busy its machine

  const std::uint64_t stale_;  // in ticks
};

}  // namespace lars::client
