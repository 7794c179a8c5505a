// Sums the calls that all threads counted since the last round by module and host, then judges each host once.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "agent/service/service_state.hpp"
#include "share/counted_calls.hpp"

namespace lars::agent {

// Converts one thread's calls into the form that modules record.
host_calls calls_of(const share::counted_calls& from);

// If all calls of all threads to a host failed in a round, the host's streak of failures grows by all of them. Else the
// streak is the longest one that any thread's calls ended with. Lifetime: its collector's. Threads: owner context only.
class call_round {
public:
  call_round();

  // Adds one thread's calls to a host of `module`. REQUIRES: calls.hint lives until finish().
  void add(service_state& module, const share::counted_calls& calls);

  struct judged_host {
    service_state& module;
    endpoint where;
    balance::report_result result;
    const host_calls& calls;
  };
  // Calls each(judged_host) for every host that was called, then clears the round.
  template <class F>
  void finish(base::time_point now, F each) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (i % batch == 0) fetch_ahead(i);
      auto& called = entries_[i];
      const auto previous_hint = called.calls.hint;
      const auto result = called.module->record(called.calls, now);
      if (called.calls.hint != previous_hint) *called.hint = called.calls.hint;
      each(judged_host{*called.module, called.calls.where, result, called.calls});
    }
    last_round_ = entries_.size();
    entries_.clear();
  }

private:
  // Modules usually lie on different pages. Prefetching them in batches lets the processor overlap the TLB misses.
  static constexpr std::size_t batch = 16;

  struct entry {
    service_state* module = nullptr;
    std::uint32_t* hint = nullptr;  // of the first thread's counters; only this hint is updated
    host_calls calls;
  };
  // Finds an entry by its module and host.
  struct bucket {
    std::uint32_t number = 0;  // of the entry, from 1; 0 = empty
    std::uint32_t tag = 0;     // part of the hash; an entry with another tag need not be compared
  };

  std::uint64_t hash_of(const service_state& module, endpoint where) const;
  bucket& free_bucket(std::uint64_t hash);
  void clear_buckets(std::size_t entries);
  void fetch_ahead(std::size_t from) const;

  std::vector<entry> entries_;
  std::size_t last_round_ = 0;  // number of entries of the last round
  // Uses only as many buckets as a round needs, at most half of them full, so that they fit into the cache.
  std::vector<bucket> table_;
  std::size_t mask_ = 0;  // buckets in use - 1
  unsigned shift_ = 0;    // 64 - bits of a bucket's index
  // Callers choose the hosts' addresses. Without these secrets they cannot construct addresses that collide.
  const std::array<std::uint64_t, 2> secret_;
};

}  // namespace lars::agent
