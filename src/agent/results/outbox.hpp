// The batches to send to the reporter next, and those in flight. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "agent/results/spool_file.hpp"
#include "base/clock.hpp"

namespace lars::agent {

// One incarnation's batches up to `seq` are acknowledged or delivered.
struct report_progress {
  base::agent_id agent;
  std::uint64_t seq = 0;
};

// A window of batches in the order of the spool: those sent and not acknowledged, then those not sent yet.
// Threads: owner context only. Invariant: batches leave only at the front, so the window has no gaps.
class outbox {
public:
  explicit outbox(std::size_t window_bytes) : window_bytes_(window_bytes) {}

  // Bytes that still fit into the window.
  std::size_t room() const { return bytes_ < window_bytes_ ? window_bytes_ - bytes_ : 0; }
  void add(spooled_batch batch);

  // Returns the next batch to send and marks it as sent at `now`; null if all are sent.
  const spooled_batch* next(base::time_point now);

  // The last seq of that incarnation that is acknowledged or delivered. REQUIRES: the window has a batch of it.
  std::uint64_t acknowledged(const base::agent_id& agent) const;

  // A new connection, or an answer in doubt: sends every unacknowledged batch again.
  void restart();

  // The reporter committed all batches of that incarnation up to `seq`. Returns what to release from the spool, if any.
  std::optional<report_progress> on_committed(const base::agent_id& agent, std::uint64_t seq);

  // The reporter asks to continue after `seq`. False if `seq` is older than what was acknowledged: its database lost
  // batches, or it does not see yet what another reporter wrote.
  bool on_resend(const base::agent_id& agent, std::uint64_t seq);

  // For a reporter that never acknowledges: treats batches sent at `before` or earlier as delivered.
  std::optional<report_progress> pop_delivered(base::time_point before);

  // Removes all batches of that incarnation; the spool returns them again under another id.
  void drop(const base::agent_id& agent);

  bool empty() const { return items_.empty(); }
  std::uint64_t resent() const { return resent_; }  // batches resent so far
  std::uint64_t done() const { return done_; }      // batches acknowledged or delivered so far

private:
  struct item {
    spooled_batch batch;
    base::time_point sent;
  };
  void pop();
  void rewind(std::size_t index);

  const std::size_t window_bytes_;
  std::deque<item> items_;
  std::size_t unsent_ = 0;  // index of the first item not sent
  std::size_t bytes_ = 0;
  std::uint64_t resent_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace lars::agent
