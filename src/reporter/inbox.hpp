// What waits for the database: batches in the order they came, bounded, one queue a writer. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "reporter/batch.hpp"

namespace lars::reporter {

// A connection that was turned away, and what it is told when there is room again.
struct waiting_peer {
  std::shared_ptr<net::tcp_connection> connection;
  base::agent_id agent;            // none: an old agent, whose connection is read again
  std::uint64_t next_missing = 0;  // the first batch of this incarnation that was not taken
};

// All batches of an incarnation go to one queue, in order. Once one was turned away, all later ones of that incarnation
// from that connection are, until it is asked to send again: what is taken has no gaps of our making.
// Lifetime: its role's. Threads: owner context only.
// Invariant: batches held take no more than `capacity` bytes, or there is but one.
class inbox {
public:
  inbox(std::size_t queues, std::size_t capacity) : queues_(queues), capacity_(capacity) {}

  enum class answer {
    taken,
    turned_away,  // the peer will be among those of take_waiting()
  };
  answer offer(batch one);

  std::size_t queue_of(const batch& one) const;
  bool empty(std::size_t queue) const { return queues_[queue].empty(); }

  // Up to `most_rows` results (at least one batch) from the front. They count against the capacity until done().
  std::vector<batch> take(std::size_t queue, std::size_t most_rows);
  void done(std::size_t bytes) { held_ -= bytes; }

  // Peers to be told that there is room: none while more than half is held, then as many as fit at `window` bytes each.
  std::vector<waiting_peer> take_waiting(std::size_t window);

  // The connection is gone.
  void forget(const net::tcp_connection* connection);

  std::size_t held() const { return held_; }
  std::size_t waiting() const { return waiting_.size(); }

private:
  using peer_name = std::pair<const net::tcp_connection*, base::agent_id>;
  static peer_name name_of(const batch& one);
  void turn_away(batch&& one);

  std::vector<std::deque<batch>> queues_;
  const std::size_t capacity_;
  std::size_t held_ = 0;
  std::deque<waiting_peer> waiting_;  // first come, first told
  std::set<peer_name> waiting_names_;
};

}  // namespace lars::reporter
