// When the next reconcile starts.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.hpp"

namespace lars::dns {

// Pure: time is an argument. Threads: owner context only.
class reconcile_schedule {
public:
  reconcile_schedule(base::duration interval, base::time_point now) : interval_(interval), started_(now), ended_(now) {}

  void set_interval(base::duration interval) { interval_ = interval; }

  // Changes may have been missed: do not wait for the interval.
  void request() { requested_ = true; }

  void on_start(base::time_point now) {
    started_ = now;
    requested_ = false;
  }
  // A pass that did not complete is requested again, `pause` later.
  void on_end(base::time_point now, bool complete, base::duration pause = {}) {
    ended_ = now;
    took_ = now - started_;
    pause_ = complete ? took_ : pause;
    if (!complete) requested_ = true;
  }

  // A silent edit right after a pass began is found by the next one, and must arrive within the interval: passes start
  // early enough to end at 0.7 of it, but leave the database half of it in peace. Requested passes leave it as much
  // time as the last one took.
  base::time_point next() const {
    const auto regular = started_ + std::max(interval_ * 7 / 10 - took_, interval_ / 2);
    return requested_ ? std::min(std::max(regular, ended_), ended_ + pause_) : std::max(regular, ended_);
  }

private:
  base::duration interval_;
  base::time_point started_;
  base::time_point ended_;
  base::duration took_{};   // by the last pass
  base::duration pause_{};  // at least, before a requested one
  bool requested_ = false;
};

}  // namespace lars::dns
