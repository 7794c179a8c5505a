// What all lanes counted since the last round, put together by module and host and then judged at once.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/module.hpp"
#include "share/caller_counters.hpp"

namespace lars::agent {

// Several lanes' calls to a host in one round: if none of them went well the run of failures grows by all of them, else
// it is the longest run that any lane ends with (DESIGN §2).
// Lifetime: its hub's. Threads: owner context only.
class lane_round {
public:
  // One lane's calls to a host of `to`. REQUIRES: `hint` lives until finish().
  void add(module& to, const share::counted_calls& calls, std::uint32_t& hint);

  struct judged_host {
    module& of;
    endpoint where;
    balance::report_result result;
    std::uint64_t calls = 0;  // that ended
  };
  // Calls each(judged_host) for every host that was called, and forgets it all.
  template <class F>
  void finish(base::time_point now, F each) {
    sort();
    for (std::size_t first = 0; first < order_.size();) {
      fetch_ahead(first);
      const auto next = merge(first);
      auto& to = *order_[first].to;
      auto& merged = entries_[order_[first].entry].calls;
      const auto result = to.take(merged, now);
      each(judged_host{to, merged.where, result, merged.ended.calls()});
      for (; first < next; ++first) *entries_[order_[first].entry].hint = merged.hint;
    }
    entries_.clear();
    order_.clear();
  }

private:
  struct entry {
    lane_calls calls;
    std::uint32_t* hint;
  };
  // When it is an entry's turn: small, as it is moved about.
  struct turn {
    module* to;
    endpoint where;
    std::uint32_t entry;  // its index
  };
  void sort();
  void fetch_ahead(std::size_t from) const;
  // Adds those of the same host to the first; returns where the next host begins.
  std::size_t merge(std::size_t first);

  std::vector<entry> entries_;
  std::vector<turn> order_;
};

}  // namespace lars::agent
