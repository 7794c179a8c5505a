// Detects whether all threads of a group are still running.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace lars::app {

// Threads: any thread.
class heartbeat_round {
public:
  explicit heartbeat_round(std::size_t threads) : beaten_(threads), missing_(threads) {}

  // Records a beat of thread `i`. Returns true once every thread has beaten since it last returned true.
  bool beat(std::size_t i) {
    const std::lock_guard hold(lock_);
    if (!beaten_[i]) --missing_;
    beaten_[i] = true;
    if (missing_ > 0) return false;
    beaten_.assign(beaten_.size(), false);
    missing_ = beaten_.size();
    return true;
  }

private:
  std::mutex lock_;
  std::vector<bool> beaten_;
  std::size_t missing_;
};

}  // namespace lars::app
