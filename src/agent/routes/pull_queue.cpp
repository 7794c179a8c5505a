#include "agent/routes/pull_queue.hpp"

namespace lars::agent {

void pull_queue::want(route_key key, base::time_point now) {
  if (wanted_.size() >= limit_ || places_.contains(key)) return;
  const auto one = wanted_.insert(wanted_.end(), {key, now});
  places_.emplace(key, one);
  if (next_ == wanted_.end()) next_ = one;
}

void pull_queue::restart(std::vector<route_key> known) {
  refreshes_.assign(known.begin(), known.end());
  next_ = wanted_.begin();
}

std::optional<route_key> pull_queue::next() {
  if (!refreshes_.empty()) {
    const auto key = refreshes_.front();
    refreshes_.pop_front();
    return key;
  }
  if (next_ == wanted_.end()) return std::nullopt;
  return (next_++)->key;
}

bool pull_queue::answered(route_key key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return false;
  erase(found->second);
  return true;
}

void pull_queue::expire(base::time_point before) {
  while (!wanted_.empty() && wanted_.front().since < before) erase(wanted_.begin());
}

void pull_queue::erase(pulls::iterator one) {
  places_.erase(one->key);
  if (next_ == one) ++next_;
  wanted_.erase(one);
}

}  // namespace lars::agent
