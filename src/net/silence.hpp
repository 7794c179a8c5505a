// Detects a peer that should send at regular times and has been silent for too long. Pure: times are arguments.
#pragma once

#include "base/clock.hpp"

namespace lars::net {

// Threads: owner context only. REQUIRES: times never decrease.
class silence {
public:
  // If over() is called later than this, our own thread was delayed and input may be unread: the period starts again.
  static constexpr base::duration stall = std::chrono::seconds(1);

  silence(base::duration limit, base::time_point now) : limit_(limit), since_(now) {}

  // To be called when input arrived or reading was resumed: the period starts again.
  void end(base::time_point now) { since_ = now; }

  // When to call over() next.
  base::time_point due() const { return since_ + limit_; }

  // True if nothing has arrived for the whole limit.
  bool over(base::time_point now) {
    if (now < due()) return false;
    if (now <= due() + stall) return true;
    since_ = now;
    return false;
  }

private:
  const base::duration limit_;
  base::time_point since_;
};

}  // namespace lars::net
