// Answers of a reporter before 0.4 whose database knows less than it has acknowledged. Later ones go on by themselves:
// they are told what was acknowledged. Pure.
#pragma once

#include <chrono>
#include <map>

#include "base/agent_id.hpp"
#include "base/clock.hpp"

namespace lars::agent {

// Either the database was put back to an earlier state, or that reporter's node of a cluster has not heard yet of what
// another one wrote. A name that was forgotten is given up only where the answer stays the same for longer than any
// node is behind, because what was sent under it would count twice if it had been applied after all. Lifetime: its
// status_loop's. Threads: owner context only.
class forgetful_answers {
public:
  // One of them came. True when it has been the answer for so long that it is believed; it begins anew then.
  bool note(const base::agent_id& agent, base::time_point now) {
    auto& run = runs_.try_emplace(agent, answer_run{now, now}).first->second;
    if (now - run.last > longest_silence) run.first = now;
    run.last = now;
    if (now - run.first < believed_after) return false;
    runs_.erase(agent);
    return true;
  }

  // Something of that incarnation was committed: nothing was forgotten.
  void clear(const base::agent_id& agent) { runs_.erase(agent); }

  // Whether it is time to send once more what such an answer came to.
  bool due(base::time_point now) {
    if (runs_.empty() || now - asked_ < pause) return false;
    asked_ = now;
    return true;
  }

private:
  // Such answers, none of them long after the one before.
  struct answer_run {
    base::time_point first, last;
  };

  static constexpr std::chrono::seconds believed_after{30};
  static constexpr std::chrono::seconds longest_silence{10};
  static constexpr std::chrono::seconds pause{1};

  std::map<base::agent_id, answer_run> runs_;
  base::time_point asked_;
};

}  // namespace lars::agent
