#include "balance/lars_queue.hpp"

#include <algorithm>

namespace lars::balance {
namespace {

// Hosts that are new, or whose verdict changed since this lane looked, go to the tail in the order in which that
// happened: one after the other, the earliest change first.
void follow_changes(const choice& of, lane& queues) {
  const auto size = of.table.size();
  for (std::uint32_t moved = 0; moved <= size; ++moved) {
    std::uint64_t earliest = UINT64_MAX;
    std::optional<member> next;
    for (std::uint32_t i = 0; i < size; ++i) {
      const auto one = of.table.at(i);
      const auto* const live = of.table.slot(one.slot);
      if (live == nullptr) continue;
      if (one.slot >= queues.queue.size()) queues.queue.resize(one.slot + 1);
      const auto& place = queues.queue[one.slot];
      const auto changed = live->score.load(std::memory_order_relaxed);
      if (place.generation == one.generation && place.changed == changed) continue;
      if (next && changed >= earliest) continue;
      earliest = changed;
      next = one;
    }
    if (!next) return;
    queues.queue[next->slot] = {next->generation, ++queues.last_turn, earliest};
  }
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
