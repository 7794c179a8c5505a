// Events that callers observe, passed to the checker.
#pragma once

#include <lars/types.hpp>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace lars::cli::demo {

struct observation {
  enum class kind {
    given,       // the agent returned a host
    shielded,    // the agent answered that every host is ejected
    unanswered,  // the agent did not answer, or with another error
    succeeded,   // the call to the host succeeded
    failed,      // the call to the host failed
  };
  kind what = kind::given;
  endpoint where;             // given, succeeded, failed
  base::time_point asked_at;  // when the agent answered; also set for the end of a call
};

// Collects the observations of all callers. Threads: any thread; one mutex, held briefly.
class observation_box {
public:
  // Adds an answer of the agent with the current time. Observations are ordered by time.
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
