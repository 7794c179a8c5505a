// Waiting for what happens in another thread or process.
#pragma once

#include <chrono>
#include <thread>

#include "base/clock.hpp"

namespace lars::test {

// Polls until `holds()` returns true; false after the deadline. Use it to test a promised bound, and eventually() to
// wait for an event.
template <class Condition>
bool within(base::duration deadline, Condition holds) {
  const auto end = base::clock::now() + deadline;
  while (!holds()) {
    if (base::clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // between two looks
  }
  return true;
}

// Like within(), with a deadline that only a hang reaches, however slow the machine is.
template <class Condition>
bool eventually(Condition holds) {
  return within(std::chrono::seconds(30), holds);
}

}  // namespace lars::test
