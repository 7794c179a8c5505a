// Collects the calls that callers counted in shared memory and records them in the called modules.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "agent/callers/call_round.hpp"
#include "agent/callers/caller.hpp"
#include "agent/callers/caller_stats.hpp"
#include "agent/callers/stray_calls.hpp"
#include "agent/calls/stray_inbox.hpp"
#include "agent/service/service_index.hpp"
#include "base/clock.hpp"
#include "share/caller_counters.hpp"

namespace lars::agent {

// Lifetime: its server's. Threads: owner context only. Time is an argument.
class counter_collector {
public:
  // sweep() has read every slot of a caller after this many calls.
  static constexpr std::uint64_t sweeps_a_turn = 100;

  struct links {
    stray_calls::links strays;
    std::function<void(route_key)> used;  // a parked module is in use again
    // Passes on UDP reports about hosts that no module has.
    std::function<void(const std::function<void(const stray_report&)>&)> drain_strays;
  };

  // `counters` is null if results are not reported. REQUIRES: all arguments outlive the collector.
  counter_collector(service_index& modules, call_counters* counters, caller_stats& stats, links callbacks);

  // Reads the caller's new counts. `whole`: if its dirty ring overflowed, reads every slot. False if its memory is
  // corrupt. Call finish_round() after a batch of scans.
  bool scan(caller& from, bool whole, base::time_point now);

  // Reads every slot of a caller that disconnects. Call finish_round() afterwards.
  void scan_all(caller& from, base::time_point now);

  // Reads some slots of the caller, independent of its dirty ring. Call finish_round() afterwards.
  void sweep(caller& from);

  // Judges every host that was called in this round.
  void finish_round(base::time_point now);

  // Counts calls whose module or host was unknown. Call every 100 ms.
  void retry_strays(base::time_point now);

  // Call at the end: counts the calls that still wait for their module.
  void finish(base::time_point now);

  // Adds the calls in flight of a caller that a previous agent served.
  void adopt_calls(caller& returned, base::time_point now);

  // Ends the calls in flight of a caller that disconnected.
  void release_in_flight(caller& gone, base::time_point now);

private:
  void add_calls(std::span<const share::counted_calls> batch);
  void add_load(const share::told_load& load, base::time_point now);

  service_index& modules_;
  caller_stats& stats_;
  const links links_;
  call_round round_;
  share::calls_sink sink_;  // calls add_calls()
  call_totals totals_;      // since the last round
  stray_calls strays_;
  std::uint64_t process_ = 0;  // account id of the process whose counters are being read
};

}  // namespace lars::agent
