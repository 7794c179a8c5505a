// Feature bits that a peer announces in field 15 of its requests. Peers that announce none get the original protocol.
#pragma once

#include <cstdint>

namespace lars::wire {

enum feature : std::uint32_t {
  feature_routes = 1u << 0,  // weight, zone, state, digests, `unchanged`, bodies up to extended_body_limit
  feature_ping = 1u << 1,    // Ping and Pong
  feature_state = 1u << 2,   // a Pong carries the state of its server
};
inline constexpr std::uint32_t our_features = feature_routes | feature_ping | feature_state;

}  // namespace lars::wire
