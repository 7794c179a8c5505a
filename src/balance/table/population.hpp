// How many of a module's hosts that take calls are in which state.
#pragma once

#include <cstdint>

#include "balance/table/module_format.hpp"

namespace lars::balance {

struct population {
  std::uint32_t idle = 0;
  std::uint32_t ejected = 0;

  // There are hosts, and none is ejected: no pick is a trial.
  bool all_idle() const { return ejected == 0 && idle > 0; }
};

constexpr std::uint64_t pack(population hosts) { return join(hosts.idle, hosts.ejected); }
constexpr population unpack_population(std::uint64_t joined) { return {high_of(joined), low_of(joined)}; }

}  // namespace lars::balance
