// The shard of a module, and the order of modules by shard: processed in this order, a page of changes replaces each
// shard once instead of once a module.
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
