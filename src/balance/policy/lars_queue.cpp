#include "balance/policy/lars_queue.hpp"

#include <cstdint>

namespace lars::balance {
namespace {

// A picker that is alone has verdicts of its own, and its queues know nothing of them.
std::uint32_t earliest_of_all(const choice& of, const turn_queues& queues) {
  std::uint32_t found = nobody;
  std::uint64_t turn = 0;
  for (std::uint32_t i = 0; i < of.table.size(); ++i) {
    const auto one = of.table.candidate_at(i);
    if (!of.allowed(one)) continue;
    const auto own = queues.turn_of(one.slot());
    if (found != nobody && own >= turn) continue;
    found = i;
    turn = own;
  }
  return found;
}

// Hosts that may not be picked keep their turns: those excluded, and those that changed since the last look.
std::uint32_t head_of_queue(const choice& of, const turn_queues& queues) {
  auto index = queues.first(of.allowed.wanted);
  while (index != turn_queues::none && !of.allows(index)) index = queues.next(index);
  return index == turn_queues::none ? nobody : index;
}

// The head of the queue of hosts with the verdict wanted. Looks at each host, and allocates, only when hosts came or
// changed, or while the picker is alone. Queues begin in the order of the list, not at random: the original's callers
// know it so.
std::uint32_t lars_next(const choice& of) {
  auto& queues = of.own.queues;
  queues.follow(of.table);
  const auto head = of.allowed.own.alone ? earliest_of_all(of, queues) : head_of_queue(of, queues);
  if (head != nobody) queues.pass(head, of.table.candidate_at(head).slot());
  return head;
}

}  // namespace

constexpr policy_definition lars_policy{
    .kind = policy_kind::lars,
    .name = "lars",
    .meaning = "the original policy: round robin, as callers already in the field know it",
    .by_order = true,
    .next = lars_next,
    .own_trials = true,
};

}  // namespace lars::balance
