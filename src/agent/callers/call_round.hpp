// What all threads counted since the last round, put together by module and host and then judged at once.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "agent/service/service_state.hpp"
#include "share/caller_counters.hpp"

namespace lars::agent {

// One thread's calls as modules take them in.
host_calls calls_of(const share::counted_calls& from);

// Several threads' calls to a host in one round: if none of them went well the run of failures grows by all of them,
// else it is the longest run that any thread ends with (DESIGN §2). Lifetime: its collector's. Threads: owner context
// only.
class call_round {
public:
  call_round();

  // One thread's calls to a host of `to`. REQUIRES: their hint lives until finish().
  void add(service_state& to, const share::counted_calls& calls);

  struct judged_host {
    service_state& of;
    endpoint where;
    balance::report_result result;
    const host_calls& told;
  };
  // Calls each(judged_host) for every host that was called, and forgets it all.
  template <class F>
  void finish(base::time_point now, F each) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (i % batch == 0) fetch_ahead(i);
      auto& one = entries_[i];
      const auto believed = one.calls.hint;
      const auto result = one.to->take(one.calls, now);
      if (one.calls.hint != believed) *one.hint = one.calls.hint;
      each(judged_host{*one.to, one.calls.where, result, one.calls});
    }
    last_round_ = entries_.size();
    entries_.clear();
  }

private:
  // A module lies on a page that no other was on lately. The processor looks some pages up at once, if they are asked
  // for in a row.
  static constexpr std::size_t batch = 16;

  struct entry {
    service_state* to = nullptr;
    std::uint32_t* hint = nullptr;  // of the first counters; the others' turn comes when they are first
    host_calls calls;
  };
  // Where an entry is found by its module and host.
  struct place {
    std::uint32_t number = 0;  // of the entry, from 1; 0 = none
    std::uint32_t tag = 0;     // part of the hash: an entry with another one need not be looked at
  };

  std::uint64_t hash_of(const service_state& to, endpoint where) const;
  place& free_place(std::uint64_t hash);
  void use_places(std::size_t entries);
  void fetch_ahead(std::size_t from) const;

  std::vector<entry> entries_;
  std::size_t last_round_ = 0;  // its entries
  // As many of its places are in use as a round needs, at most half of them full: what is spread over more memory than
  // that is in no cache.
  std::vector<place> table_;
  std::size_t mask_ = 0;  // places in use - 1
  unsigned shift_ = 0;    // 64 less the bits of a place
  // Hosts' names are callers': who does not know these cannot make names that meet in one place.
  const std::array<std::uint64_t, 2> secret_;
};

}  // namespace lars::agent
