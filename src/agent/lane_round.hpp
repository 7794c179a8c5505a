// What all lanes counted since the last round, put together by module and host and then judged at once.
#pragma once

#include <array>
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
  lane_round();

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
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (i % batch == 0) fetch_ahead(i);
      auto& one = entries_[i];
      const auto result = one.to->take(one.calls, now);
      each(judged_host{*one.to, one.calls.where, result, one.calls.ended.calls()});
    }
    tell_hints();
    forget();
  }

private:
  // A module lies on a page that no other was on lately. The processor looks some pages up at once, if they are asked
  // for in a row.
  static constexpr std::size_t batch = 16;

  struct entry {
    module* to = nullptr;
    lane_calls calls;
  };
  // Where a lane keeps its hint of the host of an entry.
  struct hint_of {
    std::uint32_t of;  // its index
    std::uint32_t* hint;
  };

  std::size_t place_of(const module& to, endpoint where) const;
  std::uint32_t entry_for(module& to, const share::counted_calls& calls);
  void use_places(std::size_t entries);
  void put(std::uint32_t number);
  void fetch_ahead(std::size_t from) const;
  void tell_hints();
  void forget();

  std::vector<entry> entries_;
  std::vector<hint_of> hints_;
  // By module and host: the index of its entry + 1. As many of its places are in use as a round needs, at most half of
  // them full: what is spread over more memory than that is in no cache.
  std::vector<std::uint32_t> table_;
  std::size_t mask_ = 0;  // places in use - 1
  unsigned shift_ = 0;    // 64 less the bits of a place
  // Hosts' names are callers': who does not know these cannot make names that meet in one place.
  const std::array<std::uint64_t, 2> secret_;
};

}  // namespace lars::agent
