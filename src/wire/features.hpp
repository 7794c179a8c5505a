// What a peer announces in field 15 of its requests; a peer that announces nothing is served as the old programs were.
#pragma once

#include <cstdint>

namespace lars::wire {

enum feature : std::uint32_t {
  feature_routes = 1u << 0,  // weight, zone, state, digests, `unchanged`, bodies up to extended_body_limit
  feature_ping = 1u << 1,    // Ping and Pong
  feature_state = 1u << 2,   // a Pong tells how its server stands
};
inline constexpr std::uint32_t our_features = feature_routes | feature_ping | feature_state;

}  // namespace lars::wire
