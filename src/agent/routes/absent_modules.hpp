// A negative cache of modules that have no hosts according to dns. It keeps floods of such requests away from dns.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <lars/types.hpp>

#include "base/clock.hpp"

namespace lars::agent {

// A fixed direct-mapped array: a new module replaces an older one with the same index, and a replaced module is asked
// for again. An entry is one word: 48 bits of the mixed key (the index is the other 16; mixing is reversible) and 16
// bits of time. Threads: remember() and forget() owner context only; contains() any thread.
class absent_modules {
public:
  static constexpr std::chrono::milliseconds lifetime{2000};

  // Times are stored relative to `start`. REQUIRES: every `now` is at or after `start`.
  explicit absent_modules(base::time_point start) : start_(start) {}

  void remember(route_key key, base::time_point now);
  void forget(route_key key);

  // Time is stored modulo 4.5 hours: an entry that was not replaced by then is valid for one more lifetime.
  bool contains(route_key key, base::time_point now) const;

private:
  static constexpr std::size_t size = 1u << 16;
  std::uint16_t tick(base::time_point now) const;

  const base::time_point start_;
  std::array<std::atomic<std::uint64_t>, size> entries_{};  // 0 = empty
};

}  // namespace lars::agent
