// How a UDP thread hands on reports of calls that no module takes in (agent/stray_calls).
#pragma once

#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <lars/types.hpp>
#include <utility>

#include "agent/service/service_state.hpp"

namespace lars::agent {

struct stray_report {
  route_key module;
  called call;
  bool failed = false;

  host_calls calls() const;
};

// Bounded, without lock or allocation. Threads: push() the UDP thread; drain() the control context, every tenth of a
// second.
class stray_inbox {
public:
  static constexpr std::size_t room = 1024;

  // False when there is no room.
  bool push(const stray_report& report) { return reports_.push(report); }

  template <class Each>
  void drain(Each&& each) {
    reports_.consume_all(std::forward<Each>(each));
  }

private:
  boost::lockfree::spsc_queue<stray_report, boost::lockfree::capacity<room>> reports_;
};

inline host_calls stray_report::calls() const {
  host_calls made{.where = call.where, .latency_us = call.latency_us, .cost = call.cost};
  (failed ? made.ended.failures : made.ended.successes) = 1;
  made.ended.trailing_failures = failed ? 1 : 0;
  made.peak_us = call.latency_us;
  if (call.latency_us > 0) made.latency[base::latency_bucket_of(call.latency_us)] = 1;
  return made;
}

}  // namespace lars::agent
