// The batches that wait for the database, in order of arrival and with a bounded size; one queue for each writer. Pure.
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

// A peer that was turned away, and what to send it once there is room.
struct waiting_peer {
  std::shared_ptr<net::tcp_connection> connection;
  base::agent_id agent;            // none: an old agent, whose connection is read again
  std::uint64_t next_missing = 0;  // the first batch of this incarnation that was not taken
};

// All batches of an incarnation go to one queue, in order. After one was turned away, all later batches of that
// incarnation on that connection are turned away until it is asked to send again, so the inbox itself causes no gaps.
// Lifetime: its role's. Threads: owner context only.
// Invariant: the batches held take at most `capacity` bytes, or there is only one.
class inbox {
public:
  inbox(std::size_t queues, std::size_t capacity) : queues_(queues), capacity_(capacity) {}

  enum class answer {
    taken,
    turned_away,  // pop_waiting() will return the peer
  };
  answer offer(batch item);

  std::size_t queue_of(const batch& item) const;
  bool empty(std::size_t queue) const { return queues_[queue].empty(); }

  // Removes up to `most_rows` results (at least one batch) from the front. They count as held until done().
  std::vector<batch> pop(std::size_t queue, std::size_t most_rows);
  void done(std::size_t bytes) { held_ -= bytes; }

  // Removes the peers that may send again: none while the inbox is more than half full, else as many as there is room
  // for at `window` bytes each.
  std::vector<waiting_peer> pop_waiting(std::size_t window);

  // Call it when the connection was closed.
  void forget(const net::tcp_connection* connection);

  std::size_t held() const { return held_; }
  std::size_t waiting() const { return waiting_.size(); }

private:
  using peer_name = std::pair<const net::tcp_connection*, base::agent_id>;
  static peer_name name_of(const batch& item);
  void turn_away(batch&& item);

  std::vector<std::deque<batch>> queues_;
  const std::size_t capacity_;
  std::size_t held_ = 0;
  std::deque<waiting_peer> waiting_;  // in the order they were turned away
  std::set<peer_name> waiting_names_;
};

}  // namespace lars::reporter
