// Decides what a caller does next while it waits for its agent's answer.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.hpp"

namespace lars::client {

// How long one question to the agent may take. Immutable after construction.
struct ask_limits {
  std::chrono::milliseconds deadline{1000};  // in all, repeated attempts included
  std::chrono::milliseconds unknown_pause{
      50};               // before a module that the agent does not know is asked for again: dns may be sending it
  int unknown_asks = 3;  // how often it is asked for again
  std::chrono::milliseconds refused_pause{50};  // before a refused question is sent again to a restarting agent
};

// Pure: time is an argument. Threads: owner context only.
// Invariants: at most two attempts go unanswered, each for half the deadline; no attempt begins after the deadline. A
// refused connection counts as an answer: the port is closed.
class ask_plan {
public:
  enum class action {
    ask,        // send the question (again) and wait until answer_until()
    ask_later,  // pause for pause(), then the same
    give_up,    // no answer will come
  };

  ask_plan(const ask_limits& limits, base::time_point now) : limits_(limits), end_(now + limits.deadline) {
    begin(now);
  }

  // When the current attempt counts as lost.
  base::time_point answer_until() const { return answer_until_; }

  // Whether the current attempt has the full half of the deadline.
  bool whole_try() const { return whole_try_; }

  std::chrono::milliseconds pause() const { return pause_; }

  // No answer arrived until answer_until().
  action on_silence(base::time_point now) {
    if (++silent_tries_ > 1 || now >= end_) return action::give_up;
    begin(now);
    return action::ask;
  }

  // The agent does not know the module yet.
  action on_unknown_module(base::time_point now) {
    if (unknown_answers_ >= limits_.unknown_asks || now + limits_.unknown_pause >= end_) return action::give_up;
    ++unknown_answers_;
    return ask_after(limits_.unknown_pause, now);
  }

  // The agent's port is closed. An agent that `was_here` may be restarting and is asked until the deadline; otherwise
  // the plan gives up at once.
  action on_refusal(base::time_point now, bool was_here) {
    using namespace std::chrono_literals;
    const auto pause = std::clamp(limits_.deadline / 4, 1ms, limits_.refused_pause);
    if (!was_here || now + pause >= end_) return action::give_up;
    return ask_after(pause, now);
  }

private:
  action ask_after(std::chrono::milliseconds pause, base::time_point now) {
    pause_ = pause;
    begin(now + pause);
    return action::ask_later;
  }

  void begin(base::time_point now) {
    whole_try_ = now + limits_.deadline / 2 <= end_;
    answer_until_ = whole_try_ ? now + limits_.deadline / 2 : end_;
  }

  const ask_limits limits_;
  const base::time_point end_;
  base::time_point answer_until_;
  std::chrono::milliseconds pause_{0};
  bool whole_try_ = true;
  int silent_tries_ = 0;
  int unknown_answers_ = 0;
};

}  // namespace lars::client
