// Collects what callers counted in shared memory and hands it to the modules that the calls were made to.
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
  // Calls of sweep() after which every slot of a caller has been read.
  static constexpr std::uint64_t sweeps_a_turn = 100;

  struct links {
    stray_calls::links strays;
    std::function<void(route_key)> used;  // a module that was not refreshed any more is in use again
    // Passes on the reports of UDP callers whose module was not here.
    std::function<void(const std::function<void(const stray_report&)>&)> drain_strays;
  };

  // `counters` null: results are not kept. REQUIRES: everything named outlives the collector.
  counter_collector(service_index& modules, call_counters* counters, caller_stats& stats, links outward);

  // Reads what the caller counted since the last time. `whole`: all of it, where its dirty ring had no room. False
  // where its memory is laid out as none of our libraries does it. Call finish_round() after a batch of scans.
  bool scan(caller& from, bool whole, base::time_point now);

  // Reads every slot of a caller that leaves, likewise.
  void scan_all(caller& from, base::time_point now);

  // Reads some slots of the caller whatever its dirty ring says, likewise.
  void sweep(caller& from);

  // Judges every host that was called in this round.
  void finish_round(base::time_point now);

  // Counts calls whose module or host was not here. Every tenth of a second.
  void settle_strays(base::time_point now);

  // The end: what still waits for its module is counted as it is.
  void finish(base::time_point now);

  // The calls that were under way when the caller lost its agent are under way here.
  void adopt_calls(caller& returned, base::time_point now);

  // The caller is gone: its calls are under way no more.
  void give_back(caller& gone, base::time_point now);

private:
  void take(std::span<const share::counted_calls> found);
  void take(const share::told_load& load, base::time_point now);

  service_index& modules_;
  caller_stats& stats_;
  const links links_;
  call_round round_;
  share::calls_sink sink_;  // into round_
  told_calls told_;         // since the last round
  stray_calls strays_;
  std::uint64_t process_ = 0;  // whose counters are being read: the id of its account
};

}  // namespace lars::agent
