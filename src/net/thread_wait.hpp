// How a thread that runs no context waits for what the contexts do.
#pragma once

#include <chrono>

#include "base/clock.hpp"

namespace lars::net {

// Blocks the calling thread. In virtual time, lets that time pass.
void pass_time(base::duration length);

// Checks `holds` every few milliseconds until it returns true. False after the deadline.
template <class Condition>
bool wait_until(base::time_point deadline, Condition holds) {
  while (!holds()) {
    if (base::clock::now() >= deadline) return false;
    pass_time(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace lars::net
