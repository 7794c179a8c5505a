// How a UDP thread tells the control loop which modules were asked for and are not there (or not refreshed any more).
#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <functional>
#include <lars/types.hpp>
#include <utility>

namespace lars::agent {

// Bounded, without lock or allocation; one wake-up for many pushes.
// Threads: push() and flush() the UDP thread; drain() the control context.
class miss_queue {
public:
  static constexpr std::size_t room = 32768;

  // Makes the control context call drain() soon. Called on the UDP thread.
  using wake_function = std::function<void(miss_queue&)>;

  explicit miss_queue(wake_function wake) : wake_(std::move(wake)) {}

  // False when there is no room.
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
    // Before the first look: a push after the last look then wakes us once more. An exchange, not a store: a store
    // could become visible only after the look, and a push between the two would find us awake and be left lying.
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
