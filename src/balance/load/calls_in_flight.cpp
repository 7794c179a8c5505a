#include "balance/load/calls_in_flight.hpp"

namespace lars::balance {

// A bucket of a lease lasts a seventh of it: nothing expires between two of them.
std::uint64_t calls_in_flight::expire(host_column<host_calls> hosts, std::vector<std::uint32_t>& listed,
                                      base::time_point now) {
  if (under_way_ == 0 || now < next_expiry_) return 0;
  next_expiry_ = now + lease / static_cast<base::duration::rep>(lease_ring::buckets - 1);
  std::uint64_t expired = 0;
  under_way_ = 0;
  for (std::uint32_t slot = 0; slot < hosts.size(); ++slot) {
    const auto dropped = hosts[slot].ring.expire(now, lease);
    under_way_ += hosts[slot].ring.in_flight();
    expired += dropped;
    if (dropped > 0 && must_list(hosts[slot])) listed.push_back(slot);
  }
  return expired;
}

std::uint64_t calls_in_flight::refresh(host_column<host_calls> hosts, std::vector<std::uint32_t>& listed,
                                       live_slot* live, base::time_point now) {
  const auto expired = expire(hosts, listed, now);
  reporting_.note(0, expired);
  if (std::exchange(published_reporting_, reporting_.enough()) != reporting_.enough())
    for (std::uint32_t slot = 0; slot < hosts.size(); ++slot)
      if (must_list(hosts[slot])) listed.push_back(slot);
  for (const auto slot : listed) {
    hosts[slot].listed = false;
    publish(hosts[slot], live[slot]);
  }
  listed.clear();
  any_listed_ = false;
  return expired;
}

}  // namespace lars::balance
