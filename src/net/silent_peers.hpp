// Who connects and leaves without a message, as health checks of balancers do. Decides when which of them is told.
// Pure: times are arguments.
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
  static constexpr base::duration period = std::chrono::minutes(1);  // of one address, between two lines
  static constexpr std::size_t most_addresses = 256;
  static constexpr std::uint32_t others = 0;  // stands for the addresses beyond, and for those that are not known

  struct count {
    std::uint32_t ip = others;
    std::uint64_t connections = 0;
  };

  // A connection from this address ended so.
  void note(std::uint32_t ip, base::time_point now);

  // When take_due() is to be asked next; nothing while nobody waits to be told.
  std::optional<base::time_point> due() const;

  // Those that were first noted a period ago, in that order; each begins anew with its next connection.
  std::vector<count> take_due(base::time_point now);

  // All of them, due or not.
  std::vector<count> take_all();

private:
  struct peer {
    count seen;
    base::time_point since;
  };

  std::vector<peer> peers_;  // in the order of `since`; few enough to be searched one by one
};

}  // namespace lars::net
