// Whether a peer that says something at regular times has been silent for too long. Pure: times are arguments.
#pragma once

#include "base/clock.hpp"

namespace lars::net {

// Threads: owner context only. REQUIRES: times never decrease.
class silence {
public:
  // over() that comes later than this was delayed by ourselves: what the peer sent may wait unread, so it begins anew.
  static constexpr base::duration stall = std::chrono::seconds(1);

  silence(base::duration limit, base::time_point now) : limit_(limit), since_(now) {}

  // Something arrived, or what arrives is read again.
  void end(base::time_point now) { since_ = now; }

  // When over() is to be asked next.
  base::time_point due() const { return since_ + limit_; }

  // True when nothing has arrived for the whole limit.
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
