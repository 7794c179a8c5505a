// Which modules are to be asked of dns, and which were asked and not answered yet.
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
// Invariants: an unknown module is in it at most once; at most `limit` unknown modules are.
class pull_queue {
public:
  explicit pull_queue(std::size_t limit) : limit_(limit) {}

  // A caller asked for a module that is unknown. Nothing happens when it is under way already, or there is no room:
  // callers ask again.
  void want(route_key key, base::time_point now);

  // A known module's route is old.
  void refresh(route_key key) { refreshes_.push_back(key); }

  // A new connection: these known modules are asked for first, then every unknown one, whether asked before or not.
  void restart(std::vector<route_key> known);

  // The next module to ask for.
  std::optional<route_key> next();

  // True while it is to be asked, or was asked, as an unknown one.
  bool is_wanted(route_key key) const { return places_.contains(key); }

  // An answer (or a push) came. True when the module was wanted as an unknown one.
  bool answered(route_key key);

  // Forgets what was wanted before `before`: nobody waits that long, and who still wants it asks again.
  void expire(base::time_point before);

  std::size_t wanted() const { return wanted_.size(); }

private:
  struct pull {
    route_key key;
    base::time_point since;
  };
  using pulls = std::list<pull>;
  void erase(pulls::iterator one);

  const std::size_t limit_;
  std::deque<route_key> refreshes_;
  pulls wanted_;                          // in the order of `since`
  pulls::iterator next_ = wanted_.end();  // those before it were asked for over this connection
  std::unordered_map<route_key, pulls::iterator> places_;
};

}  // namespace lars::agent
