// The types that every part of Lars shares with its callers. Needs the standard library alone.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace lars {

// A module: the logical service a caller asks for. Any 32-bit pair is a legal name, 0/0 and negatives included.
struct route_key {
  std::int32_t modid = 0;
  std::int32_t cmdid = 0;
  auto operator<=>(const route_key&) const = default;
};

// Where a host listens. `ip` is IPv4 in host byte order; `port` is as wide as on the wire, so that any value of an old
// database is passed on unchanged.
struct endpoint {
  std::uint32_t ip = 0;
  std::uint32_t port = 0;
  auto operator<=>(const endpoint&) const = default;
};

// The state that an operator gives a host; numbers as on the wire and in RouteData.state.
enum class host_state : std::uint8_t {
  up = 0,     // gets calls
  drain = 1,  // gets no new calls; calls in flight finish
  down = 2,   // gets no calls
};

inline constexpr std::uint32_t default_weight = 100;
inline constexpr std::uint32_t max_weight = 10000;

// How many hosts may be excluded from a pick, over every transport. As LARS_EXCLUDE_MAX in C.
inline constexpr std::size_t exclude_max = 64;

// One host of a module as its route describes it. Within a module `where` identifies the host.
struct host {
  endpoint where;
  std::uint32_t weight = default_weight;  // 0 .. max_weight, 0 = no new calls
  host_state state = host_state::up;
  std::string zone = {};  // its location, UTF-8; empty = none
  bool takes_calls() const { return state == host_state::up && weight > 0; }
  auto operator<=>(const host&) const = default;
};

}  // namespace lars

template <>
struct std::hash<lars::route_key> {
  std::size_t operator()(const lars::route_key& key) const noexcept {
    std::uint64_t x =
        (std::uint64_t{static_cast<std::uint32_t>(key.modid)} << 32) | static_cast<std::uint32_t>(key.cmdid);
    x = (x ^ (x >> 32)) * 0x9E3779B97F4A7C15u;
    return static_cast<std::size_t>(x ^ (x >> 29));
  }
};

template <>
struct std::hash<lars::endpoint> {
  std::size_t operator()(const lars::endpoint& where) const noexcept {
    std::uint64_t x = (std::uint64_t{where.ip} << 32) | where.port;
    x = (x ^ (x >> 32)) * 0x9E3779B97F4A7C15u;
    return static_cast<std::size_t>(x ^ (x >> 29));
  }
};
