#include "balance/policy/turn_queues.hpp"

#include <algorithm>

namespace lars::balance {
namespace {

struct numbered_change {
  std::uint64_t number = 0;  // of its module's changes: of the host's verdict, or of the list that brought it
  member of;
};

struct queued_host {
  std::uint64_t turn = 0;
  std::uint32_t index = 0;
  verdict health = verdict::idle;
};

}  // namespace

void turn_queues::give_turns(const table_view& table) {
  std::vector<numbered_change> changes;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const auto one = table.at(i);
    const auto* const live = table.slot(one.slot);
    if (live == nullptr) continue;
    if (one.slot >= places_.size()) places_.resize(one.slot + 1);
    const auto& at = places_[one.slot];
    const auto number = live->score.load(std::memory_order_relaxed);
    if (at.generation != one.generation || at.changed != number) changes.push_back({number, one});
  }
  std::ranges::stable_sort(changes, {}, &numbered_change::number);
  for (const auto& one : changes) places_[one.of.slot] = {one.of.generation, ++last_turn_, one.number};
}

void turn_queues::look(const table_view& table) {
  known_ = false;  // where there is no memory for it
  give_turns(table);
  std::vector<queued_host> hosts;
  hosts.reserve(table.size());
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const auto one = table.candidate_at(i);
    if (one.takes_calls()) hosts.push_back({turn_of(one.slot()), i, one.health()});
  }
  std::ranges::sort(hosts, {}, &queued_host::turn);
  size_ = table.size();
  links_.assign(size_ + 2, {});
  for (const auto head : {head_of(verdict::idle), head_of(verdict::ejected)}) links_[head] = {head, head, head};
  for (const auto& one : hosts) append(one.index, head_of(one.health));
}

void turn_queues::append(std::uint32_t index, std::uint32_t head) {
  const auto last = links_[head].previous;
  links_[index] = {head, last, head};
  links_[last].next = index;
  links_[head].previous = index;
}

void turn_queues::pass(std::uint32_t index, std::uint32_t slot) {
  if (slot < places_.size()) places_[slot].turn = ++last_turn_;
  const auto at = links_[index];
  if (at.next == none) return;
  links_[at.previous].next = at.next;
  links_[at.next].previous = at.previous;
  append(index, at.head);
}

}  // namespace lars::balance
