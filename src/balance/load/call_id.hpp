// The id of a call, given to callers that pick over UDP. It says when the call began and at which host, so the agent
// keeps no table of calls.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace lars::balance {

// 1 set bit | generation 12 bits | begin 24 bits | cost 27 bits. The begin is in units of 8.192 us, modulo 137 s:
// leases and what is remembered of expired calls are far shorter. Never 0. Pure.
struct call_id {
  std::uint32_t generation = 0;  // of the host; its lowest 12 bits
  base::time_point began{};      // rounded down to a unit
  std::uint32_t cost = 0;        // that the pick was given; 0 = none, or more than most_cost

  static constexpr std::uint32_t most_cost = (1u << 27) - 1;

  std::uint64_t encode() const {
    return (std::uint64_t{1} << 63) | (std::uint64_t{generation & generation_mask} << 51) |
           ((units_of(began) & begin_mask) << 27) | (cost <= most_cost ? cost : 0);
  }

  // Nothing if `id` is not such an id. A caller cannot gain anything by forging one.
  static std::optional<call_id> decode(std::uint64_t id, base::time_point now) {
    if (id >> 63 == 0) return std::nullopt;
    const auto age = (units_of(now) - (id >> 27)) & begin_mask;
    const auto began = (units_of(now) - age) << unit_bits;
    return call_id{static_cast<std::uint32_t>(id >> 51) & generation_mask,
                   base::time_point(base::duration(static_cast<base::duration::rep>(began))),
                   static_cast<std::uint32_t>(id) & most_cost};
  }

  // Whether the host of this generation got the call.
  bool is_of(std::uint32_t host) const { return generation == (host & generation_mask); }

private:
  static constexpr std::uint32_t generation_mask = (1u << 12) - 1;
  static constexpr std::uint64_t begin_mask = (1u << 24) - 1;
  static constexpr unsigned unit_bits = 13;  // of a nanosecond count

  static std::uint64_t units_of(base::time_point when) {
    return static_cast<std::uint64_t>(when.time_since_epoch().count()) >> unit_bits;
  }
};

}  // namespace lars::balance
