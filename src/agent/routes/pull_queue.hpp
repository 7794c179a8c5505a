// The route requests that the agent has yet to send to dns, and those sent but not answered.
#pragma once

#include <cstddef>
#include <deque>
#include <lars/types.hpp>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace lars::agent {

// Pure. Threads: owner context only.
// Invariants: each unknown module is queued at most once; at most `limit` unknown modules are queued.
class pull_queue {
public:
  explicit pull_queue(std::size_t limit) : limit_(limit) {}

  // A caller asked for an unknown module. Does nothing if the module is queued already or the queue is full; callers
  // retry.
  void request(route_key key, base::time_point now);

  // Queues a known module whose route is old.
  void refresh(route_key key) { refreshes_.push_back(key); }

  // A new connection: requests these known modules first, then every unknown one, including those requested before.
  void restart(std::vector<route_key> known);

  // The next module to request from dns.
  std::optional<route_key> next();

  // True while an unknown module is queued or its request is unanswered.
  bool is_pending(route_key key) const { return by_key_.contains(key); }

  // An answer or a push arrived. True if the module was pending.
  bool answered(route_key key);

  // Drops pending modules requested before `before`. Callers have given up by then; the others ask again.
  void expire(base::time_point before);

  std::size_t pending() const { return pending_.size(); }

private:
  struct pull {
    route_key key;
    base::time_point since;
  };
  using pulls = std::list<pull>;
  void erase(pulls::iterator position);

  const std::size_t limit_;
  std::deque<route_key> refreshes_;
  pulls pending_;                          // unknown modules, ordered by `since`
  pulls::iterator next_ = pending_.end();  // the first one not yet requested over this connection
  std::unordered_map<route_key, pulls::iterator> by_key_;
};

}  // namespace lars::agent
