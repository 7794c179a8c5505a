#include "balance/lars_queue.hpp"

#include <algorithm>

namespace lars::balance {
namespace {

struct change {
  std::uint64_t number = 0;  // of its module's changes of verdict; 0 = the host is new
  member of;
};

// Hosts that are new, or whose verdict changed since this lane looked, go to the tail, the earliest change first.
void follow_changes(const choice& of, lane& queues) {
  std::vector<change> changes;
  for (std::uint32_t i = 0; i < of.table.size(); ++i) {
    const auto one = of.table.at(i);
    const auto* const live = of.table.slot(one.slot);
    if (live == nullptr) continue;
    if (one.slot >= queues.queue.size()) queues.queue.resize(one.slot + 1);
    const auto& place = queues.queue[one.slot];
    const auto number = live->score.load(std::memory_order_relaxed);
    if (place.generation != one.generation || place.changed != number) changes.push_back({number, one});
  }
  std::ranges::stable_sort(changes, {}, &change::number);
  for (const auto& one : changes) queues.queue[one.of.slot] = {one.of.generation, ++queues.last_turn, one.number};
}

}  // namespace

std::optional<member> lars_next(const choice& of, lane& queues) {
  follow_changes(of, queues);
  std::optional<member> head;
  for (std::uint32_t i = 0; i < of.table.size(); ++i) {
    const auto one = of.table.at(i);
    if (one.slot >= queues.queue.size() || !of.allowed(of.table, one)) continue;
    if (!head || queues.queue[one.slot].turn < queues.queue[head->slot].turn) head = one;
  }
  if (head) queues.queue[head->slot].turn = ++queues.last_turn;
  return head;
}

}  // namespace lars::balance
