// Which shard of the route table a module lives in, and the order that follows the shards: work done in it replaces
// each shard once or twice instead of once a module.
#pragma once

#include <cstddef>
#include <functional>
#include <lars/types.hpp>

namespace lars::dns {

inline constexpr std::size_t shard_count = 4096;

inline std::size_t shard_of(route_key key) { return std::hash<route_key>()(key) % shard_count; }

// By shard, then module.
struct shard_order {
  bool operator()(route_key a, route_key b) const {
    const auto shard_a = shard_of(a);
    const auto shard_b = shard_of(b);
    return shard_a != shard_b ? shard_a < shard_b : a < b;
  }
};

}  // namespace lars::dns
