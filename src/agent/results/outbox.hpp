// Which batches go to the reporter next, which are on their way, which are done. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "agent/results/spool_file.hpp"
#include "base/clock.hpp"

namespace lars::agent {

// How far a reporter has come with one incarnation's batches.
struct report_progress {
  base::agent_id agent;
  std::uint64_t seq = 0;
};

// A window of batches in the order of the spool: those sent and not yet acknowledged, and some more.
// Threads: owner context only. Invariant: batches leave at the front alone, so what is pending has no gaps.
class outbox {
public:
  explicit outbox(std::size_t window_bytes) : window_bytes_(window_bytes) {}

  // Bytes there is room for.
  std::size_t room() const { return bytes_ < window_bytes_ ? window_bytes_ - bytes_ : 0; }
  void add(spooled_batch batch);

  // The next batch to send, noted as sent at `now`; null when all are.
  const spooled_batch* next(base::time_point now);

  // Everything of that incarnation up to here is acknowledged or delivered. REQUIRES: something of it is here.
  std::uint64_t acknowledged(const base::agent_id& agent) const;

  // A new connection, or an answer that is doubted: what is not acknowledged is sent again.
  void restart();

  // The reporter has committed everything of that incarnation up to `seq`. What to release from the spool, if anything.
  std::optional<report_progress> on_committed(const base::agent_id& agent, std::uint64_t seq);

  // The reporter asks to go on after `seq`. False when that is behind what was acknowledged: its database has
  // forgotten, or it has not heard yet what another reporter wrote.
  bool on_resend(const base::agent_id& agent, std::uint64_t seq);

  // To a reporter that acknowledges nothing: what was sent at `before` or earlier is delivered.
  std::optional<report_progress> take_delivered(base::time_point before);

  // Nothing of that incarnation is pending here any more: it comes again under another name.
  void drop(const base::agent_id& agent);

  bool empty() const { return items_.empty(); }
  std::uint64_t resent() const { return resent_; }  // batches so far
  std::uint64_t done() const { return done_; }      // likewise, acknowledged or delivered

private:
  struct item {
    spooled_batch batch;
    base::time_point sent;
  };
  void pop();
  void go_back(std::size_t to);

  const std::size_t window_bytes_;
  std::deque<item> items_;
  std::size_t unsent_ = 0;  // the first item that is to be sent
  std::size_t bytes_ = 0;
  std::uint64_t resent_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace lars::agent
