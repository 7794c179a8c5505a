// A queue from a UDP thread to stray_calls, for reports of calls to hosts that no module has.
#pragma once

#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <lars/types.hpp>
#include <utility>

#include "agent/service/service_state.hpp"

namespace lars::agent {

struct stray_report {
  route_key module;
  reported_call call;
  bool failed = false;

  host_calls calls() const;
};

// Bounded; lock-free; does not allocate. Threads: push() the UDP thread; drain() the agent's context, every 100 ms.
class stray_inbox {
public:
  static constexpr std::size_t room = 1024;

  // False if the queue is full.
  bool push(const stray_report& report) { return reports_.push(report); }

  template <class Each>
  void drain(Each&& each) {
    reports_.consume_all(std::forward<Each>(each));
  }

private:
  boost::lockfree::spsc_queue<stray_report, boost::lockfree::capacity<room>> reports_;
};

inline host_calls stray_report::calls() const {
  host_calls result{.where = call.where, .latency_us = call.latency_us, .cost = call.cost};
  (failed ? result.ended.failures : result.ended.successes) = 1;
  result.ended.trailing_failures = failed ? 1 : 0;
  result.peak_us = call.latency_us;
  if (call.latency_us > 0) result.latency[base::latency_bucket_of(call.latency_us)] = 1;
  return result;
}

}  // namespace lars::agent
