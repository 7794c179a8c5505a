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
    for (std::size_t first = 0; first < entries_.size();) {
      const auto next = merge(first);
      auto& merged = entries_[first];
      const auto result = merged.to->take(merged.calls, now);
      each(judged_host{*merged.to, merged.calls.where, result, merged.calls.ended.calls()});
      for (; first < next; ++first) *entries_[first].hint = merged.calls.hint;
    }
    entries_.clear();
  }

private:
  struct entry {
    module* to;
    lane_calls calls;
    std::uint32_t* hint;
  };
  void sort();
  // Adds those of the same host to the first; returns where the next host begins.
  std::size_t merge(std::size_t first);

  std::vector<entry> entries_;
};

}  // namespace lars::agent
