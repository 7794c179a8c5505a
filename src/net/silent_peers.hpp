// Counts connections that ended without a valid message, by address, and decides when to log each address. Health
// checks of load balancers cause such connections. Pure: times are arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"

namespace lars::net {

// Threads: owner context only. REQUIRES: times never decrease.
class silent_peers {
public:
  static constexpr base::duration period = std::chrono::minutes(1);  // between two lines for one address
  static constexpr std::size_t most_addresses = 256;
  static constexpr std::uint32_t others = 0;  // stands for further addresses and for unknown ones

  struct count {
    std::uint32_t ip = others;
    std::uint64_t connections = 0;
  };

  // Records a connection from this address.
  void note(std::uint32_t ip, base::time_point now);

  // When to call take_due() next; nullopt if nothing is recorded.
  std::optional<base::time_point> due() const;

  // Removes and returns the addresses first recorded at least a period ago, in that order.
  std::vector<count> take_due(base::time_point now);

  // Removes and returns all addresses.
  std::vector<count> take_all();

private:
  struct peer {
    count seen;
    base::time_point since;
  };

  std::vector<peer> peers_;  // sorted by `since`; few enough for linear search
};

}  // namespace lars::net
