// What calls that ended showed of a module's hosts: how long they take, and how many fail of late.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "balance/load/host_signals.hpp"
#include "balance/load/observation.hpp"
#include "balance/load/peak_ewma.hpp"
#include "balance/table/host_column.hpp"
#include "balance/table/member.hpp"
#include "balance/table/module_format.hpp"
#include "base/clock.hpp"

namespace lars::balance {

// By what a policy wants calls to be observed. Immutable after construction.
struct observation_terms {
  bool compares = false;  // the policy compares hosts by latencies and failures; else neither is measured
  ewma_terms latency;
  base::duration window;  // failures of so long ago count e times less
};

// Publishes a host's latency, and how many calls its failures count for, in its live words.
// Lifetime: its module's. Threads: one at a time (the module's lock); the published words are read by any thread.
class call_observations {
public:
  // Goes by these terms from now on. What was measured stays.
  void use(const observation_terms& terms);

  // Makes room for so many slots, so that observe() does not allocate.
  void reserve(std::size_t slots) { failing_.reserve(slots); }

  // Calls to the host in this slot ended.
  void observe(host_signals& host, std::uint32_t slot, live_slot& live, const observation& calls,
               base::time_point now) {
    host.weight.note(calls.ends, calls.failures);
    if (!compares_) return;
    const auto before = host.latency.ns();
    host.latency.observe(calls, latency_terms_, now);
    publish_latency(host, live, before);
    if (calls.failures == 0) return;
    host.failures += static_cast<std::uint32_t>(calls.failures);
    if (!std::exchange(host.failing, true)) failing_.push_back(slot);
    any_failing_ = true;
  }

  // Brings the failures that are published up to date, at most once in 50 ms.
  // `hosts` is how many the module has.
  void turn_failures(host_column<host_signals> signals, live_slot* live, std::size_t hosts, base::time_point now);

  // Lets latencies of hosts that nobody called drift towards the median of those that are known, which is returned; 0 =
  // none is known. Nothing where the policy does not compare.
  std::optional<double> drift_latencies(std::span<const member> hosts, host_column<host_signals> signals,
                                        live_slot* live, base::time_point now);

  // Whether failures have not faded yet.
  bool any_failing() const { return any_failing_; }

  // Of the object, that observe() reads.
  const void* end_of_hot() const { return &failing_; }

private:
  static void publish_latency(const host_signals& host, live_slot& live, double before_ns) {
    const auto ns = static_cast<std::uint64_t>(host.latency.ns());
    if (ns != static_cast<std::uint64_t>(before_ns)) live.latency.store(ns, std::memory_order_relaxed);
  }

  // A round reads these.
  ewma_terms latency_terms_{};
  bool compares_ = false;
  bool any_failing_ = false;  // failing_ is not empty

  std::vector<std::uint32_t> failing_;  // slots with failures that have not faded
  base::duration window_{};
  base::time_point failures_turned_{};  // last
};

}  // namespace lars::balance
