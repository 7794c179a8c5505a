// The events of a run in order of time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lab/instant.hpp"

namespace lars::lab {

// Kinds of events; `event::subject` is what the text before the colon names.
enum class event_kind : std::uint32_t {
  arrival,       // a new call
  reach,         // call: arrives at its server
  work_done,     // call: its server has finished the work
  reply,         // call: the answer arrives at the caller
  deadline,      // the oldest call times out
  server_tick,   // server: sums up its load
  caller_tick,   // caller: runs its controllers
  fault,         // fault
  phase_begins,  // phase
  phase_ends,    // phase
  second,        // the spread between servers is recorded
};

struct event {
  instant at{0};
  std::uint64_t order = 0;  // unique
  event_kind kind = event_kind::arrival;
  std::uint32_t subject = 0;
};

// A binary heap. Threads: owner context only. Invariant: events of the same instant come in the order of their push.
class event_queue {
public:
  // Returns the event's order.
  std::uint64_t push(instant at, event_kind kind, std::uint32_t subject = 0) {
    events_.push_back({at, ++last_order_, kind, subject});
    std::push_heap(events_.begin(), events_.end(), later);
    return last_order_;
  }

  bool empty() const { return events_.empty(); }
  const event& next() const { return events_.front(); }  // REQUIRES: not empty

  // REQUIRES: not empty.
  event pop() {
    std::pop_heap(events_.begin(), events_.end(), later);
    const event first = events_.back();
    events_.pop_back();
    return first;
  }

private:
  static bool later(const event& a, const event& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }

  std::vector<event> events_;
  std::uint64_t last_order_ = 0;
};

}  // namespace lars::lab
