#include "balance/policy/subset.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace lars::balance {
namespace {

struct ranked_host {
  std::uint64_t rank;
  endpoint where;
  std::size_t position;  // in the list

  // The top of a heap is the highest rank, then the lowest endpoint, then the first of its kind.
  bool operator<(const ranked_host& other) const {
    if (rank != other.rank) return rank < other.rank;
    if (where != other.where) return where > other.where;
    return position > other.position;
  }
};

// Another formula gives every agent of a fleet another subset when it is upgraded: a test pins it.
std::uint64_t rank_of(std::uint64_t agent, endpoint where) {
  const std::uint64_t name = (std::uint64_t{where.ip} << 32) | where.port;
  return base::mix64(agent ^ base::mix64(name + 0x9E3779B97F4A7C15u));
}

}  // namespace

std::vector<host> choose_subset(std::uint64_t agent, std::vector<host> hosts, std::uint32_t size) {
  if (size == 0 || size >= hosts.size()) return hosts;
  std::vector<ranked_host> ranked;
  ranked.reserve(hosts.size());
  for (std::size_t i = 0; i < hosts.size(); ++i) ranked.push_back({rank_of(agent, hosts[i].where), hosts[i].where, i});
  // A heap rather than a sort: most hosts are never looked at again.
  std::make_heap(ranked.begin(), ranked.end());
  std::vector<std::size_t> chosen;
  for (std::uint32_t usable = 0; usable < size && !ranked.empty(); ranked.pop_back()) {
    std::pop_heap(ranked.begin(), ranked.end());
    const auto position = ranked.back().position;
    if (!chosen.empty() && hosts[chosen.back()].where == hosts[position].where) continue;
    chosen.push_back(position);
    if (hosts[position].takes_calls()) ++usable;
  }
  std::ranges::sort(chosen);
  std::vector<host> used;
  used.reserve(chosen.size());
  for (const auto position : chosen) used.push_back(hosts[position]);
  return used;
}

}  // namespace lars::balance
