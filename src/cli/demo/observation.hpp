// What callers saw, one thing at a time, on its way to the checker.
#pragma once

#include <lars/types.hpp>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace lars::cli::demo {

struct observation {
  enum class kind {
    given,       // the agent gave a host
    shielded,    // the agent said that every host is overloaded
    unanswered,  // the agent gave no usable answer
    succeeded,   // the call to the host went well
    failed,      // it did not
  };
  kind what = kind::given;
  endpoint where;             // given, succeeded, failed
  base::time_point asked_at;  // when the agent answered, for the call's end as well
};

// Where callers leave what they saw. Threads: any thread; one mutex, held for a moment.
class observation_box {
public:
  // Stamps an answer of the agent with the time and keeps it: the order in the box is the order of the stamps.
  base::time_point answered(observation::kind what, endpoint where) {
    const std::lock_guard lock(guard_);
    const auto now = base::clock::now();
    items_.push_back({what, where, now});
    return now;
  }

  void finished(bool success, endpoint where, base::time_point asked_at) {
    const std::lock_guard lock(guard_);
    items_.push_back({success ? observation::kind::succeeded : observation::kind::failed, where, asked_at});
  }

  std::vector<observation> take() {
    const std::lock_guard lock(guard_);
    return std::exchange(items_, {});
  }

private:
  std::mutex guard_;
  std::vector<observation> items_;  // guarded by guard_
};

}  // namespace lars::cli::demo
