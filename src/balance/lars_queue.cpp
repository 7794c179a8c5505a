#include "balance/lars_queue.hpp"

#include <algorithm>

namespace lars::balance {
namespace {

struct change {
  std::uint64_t number = 0;  // of its module's changes: of the host's verdict, or of the list that brought it
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

std::uint32_t lars_next(const choice& of, lane& queues) {
  follow_changes(of, queues);
  std::uint32_t head = nobody;
  std::uint32_t head_slot = 0;
  for (std::uint32_t i = 0; i < of.table.size(); ++i) {
    const auto one = of.table.candidate_at(i);
    const auto slot = one.slot();
    if (slot >= queues.queue.size() || !of.allowed(one)) continue;
    if (head != nobody && queues.queue[slot].turn >= queues.queue[head_slot].turn) continue;
    head = i;
    head_slot = slot;
  }
  if (head != nobody) queues.queue[head_slot].turn = ++queues.last_turn;
  return head;
}

}  // namespace lars::balance
