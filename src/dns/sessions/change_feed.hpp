// Passes what changed in the route table on to observers: each change once, in the order of the tables.
#pragma once

#include <deque>
#include <vector>

#include "dns/table/route_observer.hpp"

namespace lars::dns {

// Threads: owner context only. An observer's exception is logged and keeps nothing from the others.
class change_feed {
public:
  // Observers are called in the order in which they came. REQUIRES: `observer` outlives every later report().
  void observe(route_observer& observer) { observers_.push_back(&observer); }

  // Returns once everything is reported; within an observer at once. REQUIRES: `changes` is not empty.
  void report(std::vector<route_change> changes);

private:
  std::vector<route_observer*> observers_;
  std::deque<std::vector<route_change>> waiting_;
  bool reporting_ = false;
};

}  // namespace lars::dns
