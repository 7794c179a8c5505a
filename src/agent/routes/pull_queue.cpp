#include "agent/routes/pull_queue.hpp"

namespace lars::agent {

void pull_queue::request(route_key key, base::time_point now) {
  if (pending_.size() >= limit_ || by_key_.contains(key)) return;
  const auto added = pending_.insert(pending_.end(), {key, now});
  by_key_.emplace(key, added);
  if (next_ == pending_.end()) next_ = added;
}

void pull_queue::restart(std::vector<route_key> known) {
  refreshes_.assign(known.begin(), known.end());
  next_ = pending_.begin();
}

std::optional<route_key> pull_queue::next() {
  if (!refreshes_.empty()) {
    const auto key = refreshes_.front();
    refreshes_.pop_front();
    return key;
  }
  if (next_ == pending_.end()) return std::nullopt;
  return (next_++)->key;
}

bool pull_queue::answered(route_key key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return false;
  erase(found->second);
  return true;
}

void pull_queue::expire(base::time_point before) {
  while (!pending_.empty() && pending_.front().since < before) erase(pending_.begin());
}

void pull_queue::erase(pulls::iterator position) {
  by_key_.erase(position->key);
  if (next_ == position) ++next_;
  pending_.erase(position);
}

}  // namespace lars::agent
