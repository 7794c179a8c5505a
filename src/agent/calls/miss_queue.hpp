// A queue from a UDP thread to the route manager of modules that callers asked for and that are unknown or parked.
#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <functional>
#include <lars/types.hpp>
#include <utility>

namespace lars::agent {

// Bounded; lock-free; does not allocate. One wake-up serves many pushes.
// Threads: push() and flush() the UDP thread; drain() the agent's context.
class miss_queue {
public:
  static constexpr std::size_t room = 32768;

  // Makes the agent's context call drain() soon. Called on the UDP thread.
  using wake_function = std::function<void(miss_queue&)>;

  explicit miss_queue(wake_function wake) : wake_(std::move(wake)) {}

  // False if the queue is full.
  bool push(route_key key) {
    if (!keys_.push(key)) return false;
    unannounced_ = true;
    return true;
  }

  // Call after each batch of pushes.
  void flush() {
    if (std::exchange(unannounced_, false) && !awake_.exchange(true, std::memory_order_acq_rel)) wake_(*this);
  }

  template <class Each>
  void drain(Each&& each) {
    // Clear the flag before reading the queue, so that a push after the last read wakes this context again. An
    // exchange, not a store: a store could become visible after the read, and a push in between would not wake it.
    awake_.exchange(false, std::memory_order_acq_rel);
    keys_.consume_all(std::forward<Each>(each));
  }

private:
  const wake_function wake_;
  bool unannounced_ = false;  // UDP thread only
  std::atomic<bool> awake_{false};
  boost::lockfree::spsc_queue<route_key, boost::lockfree::capacity<room>> keys_;
};

}  // namespace lars::agent
