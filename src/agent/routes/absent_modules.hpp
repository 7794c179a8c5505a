// Modules that dns said have no hosts, remembered for a moment, so that a storm of them here is no storm there.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <lars/types.hpp>

#include "base/clock.hpp"

namespace lars::agent {

// A fixed array in which a newer module takes the place of an older one that shares it: what is forgotten is asked for
// again. An entry is one word, 48 bits of a key (the place tells the other 16, the mixing is reversible) and 16 of
// time. Threads: remember() and forget() owner context only; contains() any thread.
class absent_modules {
public:
  static constexpr std::chrono::milliseconds lifetime{2000};

  // Times are counted from `start`. REQUIRES: no later argument is earlier.
  explicit absent_modules(base::time_point start) : start_(start) {}

  void remember(route_key key, base::time_point now);
  void forget(route_key key);

  // Time is kept modulo 4.5 hours: an entry that nothing took the place of says yes for another lifetime then.
  bool contains(route_key key, base::time_point now) const;

private:
  static constexpr std::size_t places = 1u << 16;
  std::uint16_t tick(base::time_point now) const;

  const base::time_point start_;
  std::array<std::atomic<std::uint64_t>, places> entries_{};  // 0 = empty
};

}  // namespace lars::agent
