#include "reporter/inbox.hpp"

#include <algorithm>
#include <functional>

namespace lars::reporter {

std::size_t inbox::queue_of(const batch& item) const {
  const std::size_t hash = item.report.is_tracked() ? std::hash<base::agent_id>()(item.report.agent)
                                                    : std::hash<const void*>()(item.from.get()) >> 6;
  return hash % queues_.size();
}

inbox::peer_name inbox::name_of(const batch& item) {
  return {item.from.get(), item.report.is_tracked() ? item.report.agent : base::agent_id{}};
}

inbox::answer inbox::offer(batch item) {
  const std::size_t size = item.size();
  const bool full = held_ > 0 && held_ + size > capacity_;
  const bool away = full || waiting_names_.contains(name_of(item));
  if (away && item.report.is_tracked()) {
    turn_away(std::move(item));
    return answer::turned_away;
  }
  // An old agent never sends again: keep what was read, and read no more.
  if (away && waiting_names_.insert(name_of(item)).second) waiting_.push_back({item.from, {}, 0});
  held_ += size;
  auto& queue = queues_[queue_of(item)];
  queue.push_back(std::move(item));
  return away ? answer::turned_away : answer::taken;
}

void inbox::turn_away(batch&& item) {
  if (waiting_names_.insert(name_of(item)).second)
    waiting_.push_back({std::move(item.from), item.report.agent, item.report.seq});
}

std::vector<batch> inbox::pop(std::size_t queue, std::size_t most_rows) {
  auto& from = queues_[queue];
  std::vector<batch> batches;
  std::size_t rows = 0;
  while (!from.empty() && (batches.empty() || rows + from.front().report.results.size() <= most_rows)) {
    rows += from.front().report.results.size();
    batches.push_back(std::move(from.front()));
    from.pop_front();
  }
  return batches;
}

std::vector<waiting_peer> inbox::pop_waiting(std::size_t window) {
  std::vector<waiting_peer> ready;
  if (held_ * 2 > capacity_) return ready;
  for (std::size_t room = capacity_ - held_; !waiting_.empty() && (ready.empty() || room >= window);) {
    ready.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    waiting_names_.erase({ready.back().connection.get(), ready.back().agent});
    room -= std::min(room, window);
  }
  return ready;
}

void inbox::forget(const net::tcp_connection* connection) {
  const auto first = waiting_names_.lower_bound({connection, base::agent_id{}});
  if (first == waiting_names_.end() || first->first != connection) return;
  std::erase_if(waiting_names_, [&](const peer_name& name) { return name.first == connection; });
  std::erase_if(waiting_, [&](const waiting_peer& peer) { return peer.connection.get() == connection; });
}

}  // namespace lars::reporter
