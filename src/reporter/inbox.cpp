#include "reporter/inbox.hpp"

#include <algorithm>
#include <functional>

namespace lars::reporter {

std::size_t inbox::queue_of(const batch& one) const {
  const std::size_t hash = one.report.is_tracked() ? std::hash<base::agent_id>()(one.report.agent)
                                                   : std::hash<const void*>()(one.from.get()) >> 6;
  return hash % queues_.size();
}

inbox::peer_name inbox::name_of(const batch& one) {
  return {one.from.get(), one.report.is_tracked() ? one.report.agent : base::agent_id{}};
}

inbox::answer inbox::offer(batch one) {
  const std::size_t size = one.size();
  const bool full = held_ > 0 && held_ + size > capacity_;
  const bool away = full || waiting_names_.contains(name_of(one));
  if (away && one.report.is_tracked()) {
    turn_away(std::move(one));
    return answer::turned_away;
  }
  // An old agent never sends again: what was read of it stays, and no more is read.
  if (away && waiting_names_.insert(name_of(one)).second) waiting_.push_back({one.from, {}, 0});
  held_ += size;
  auto& queue = queues_[queue_of(one)];
  queue.push_back(std::move(one));
  return away ? answer::turned_away : answer::taken;
}

void inbox::turn_away(batch&& one) {
  if (waiting_names_.insert(name_of(one)).second)
    waiting_.push_back({std::move(one.from), one.report.agent, one.report.seq});
}

std::vector<batch> inbox::take(std::size_t queue, std::size_t most_rows) {
  auto& from = queues_[queue];
  std::vector<batch> taken;
  std::size_t rows = 0;
  while (!from.empty() && (taken.empty() || rows + from.front().report.results.size() <= most_rows)) {
    rows += from.front().report.results.size();
    taken.push_back(std::move(from.front()));
    from.pop_front();
  }
  return taken;
}

std::vector<waiting_peer> inbox::take_waiting(std::size_t window) {
  std::vector<waiting_peer> told;
  if (held_ * 2 > capacity_) return told;
  for (std::size_t room = capacity_ - held_; !waiting_.empty() && (told.empty() || room >= window);) {
    told.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    waiting_names_.erase({told.back().connection.get(), told.back().agent});
    room -= std::min(room, window);
  }
  return told;
}

void inbox::forget(const net::tcp_connection* connection) {
  const auto first = waiting_names_.lower_bound({connection, base::agent_id{}});
  if (first == waiting_names_.end() || first->first != connection) return;
  std::erase_if(waiting_names_, [&](const peer_name& name) { return name.first == connection; });
  std::erase_if(waiting_, [&](const waiting_peer& peer) { return peer.connection.get() == connection; });
}

}  // namespace lars::reporter
