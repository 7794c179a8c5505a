// Detects a reporter before 0.4 whose database has lost acknowledged batches. Later reporters need no detection: the
// agent sends them the acknowledged seq. Pure.
#pragma once

#include <chrono>
#include <map>

#include "base/agent_id.hpp"
#include "base/clock.hpp"

namespace lars::agent {

// Such an answer means that the database was restored to an earlier state, or that the reporter's node of a cluster has
// not replicated the latest writes. The agent changes an incarnation's id only after the answer has persisted longer
// than replication takes, because batches applied under the old id would count twice. Lifetime: its status_loop's.
// Threads: owner context only.
class forgetful_answers {
public:
  // Records such an answer. True if it has persisted for 30 s; the period then starts again.
  bool record(const base::agent_id& agent, base::time_point now) {
    auto& run = runs_.try_emplace(agent, answer_run{now, now}).first->second;
    if (now - run.last > longest_silence) run.first = now;
    run.last = now;
    if (now - run.first < confirmed_after) return false;
    runs_.erase(agent);
    return true;
  }

  // The reporter committed batches of that incarnation, so its database has lost nothing.
  void clear(const base::agent_id& agent) { runs_.erase(agent); }

  // Whether to resend the batches that were answered this way: at most once a second.
  bool due(base::time_point now) {
    if (runs_.empty() || now - last_resend_ < resend_interval) return false;
    last_resend_ = now;
    return true;
  }

private:
  // Consecutive answers with gaps of at most longest_silence.
  struct answer_run {
    base::time_point first, last;
  };

  static constexpr std::chrono::seconds confirmed_after{30};
  static constexpr std::chrono::seconds longest_silence{10};
  static constexpr std::chrono::seconds resend_interval{1};

  std::map<base::agent_id, answer_run> runs_;
  base::time_point last_resend_;
};

}  // namespace lars::agent
