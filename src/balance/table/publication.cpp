#include "balance/table/publication.hpp"

#include <algorithm>
#include <new>

namespace lars::balance {

void publication::begin_list(std::uint32_t members, std::uint32_t slots, std::span<const member> shown) {
  ++changes_;
  if (!memory_.reserve(members, slots)) move(members, slots, shown);
}

void publication::move(std::uint32_t members, std::uint32_t slots, std::span<const member> shown) {
  const auto& before = memory_.record();
  module_memory next(*spare_, key_, static_cast<std::uint32_t>(before.probe_num.load(std::memory_order_relaxed)));
  const auto most = std::max(members, static_cast<std::uint32_t>(shown.size()));
  if (&memory_.memory() == spare_ || !next.reserve(most, slots)) throw std::bad_alloc();
  next.live().copy(memory_.live(), std::min(memory_.live().slots(), next.live().slots()));
  next.publish(shown, {});
  next.record().changes.store(changes_, std::memory_order_relaxed);
  next.record().median.store(before.median.load(std::memory_order_relaxed), std::memory_order_relaxed);
  next.record().hosts.store(before.hosts.load(std::memory_order_relaxed), std::memory_order_release);
  left_ = std::make_unique<module_memory>(memory_);
  memory_.leave(residence::elsewhere);
  memory_ = next;
}

void publication::join(std::uint32_t slot, const live_value& value, bool numbered) {
  auto& words = memory_.live().raw(slot);
  words.in_flight.store(0, std::memory_order_relaxed);
  words.latency.store(0, std::memory_order_relaxed);
  words.score.store(numbered ? changes_ : 0, std::memory_order_relaxed);
  memory_.live().store(slot, value);
}

bool publication::update(std::uint32_t slot, std::uint16_t weight, host_state state) {
  auto value = memory_.live().load(slot);
  if (value.weight == weight && value.state == state) return false;
  value.weight = weight;
  value.state = state;
  memory_.live().store(slot, value);
  return true;
}

void publication::leave(const member& host) {
  memory_.live().store(host.slot, {host.generation, 0, host_state::down, verdict::idle});
}

bool publication::store_verdict(std::uint32_t slot, verdict changed, bool numbered) {
  auto value = memory_.live().load(slot);
  value.health = changed;
  ++changes_;
  // Before the verdict: a picker that sees the verdict sees the number of the change.
  if (numbered) memory_.live().raw(slot).score.store(changes_, std::memory_order_relaxed);
  memory_.live().store(slot, value);
  memory_.record().changes.store(changes_, std::memory_order_release);
  return value.takes_calls();
}

void publication::clear_scores(std::uint32_t slots) {
  for (std::uint32_t slot = 0; slot < slots; ++slot) memory_.live().raw(slot).score.store(0, std::memory_order_relaxed);
}

void publication::store_population(const population& hosts) {
  memory_.record().hosts.store(pack(hosts), std::memory_order_release);
}

void publication::store_median(double ns) {
  memory_.record().median.store(static_cast<std::uint64_t>(ns), std::memory_order_relaxed);
}

void publication::store_probe_num(std::uint32_t picks) {
  memory_.record().probe_num.store(picks, std::memory_order_relaxed);
}

void publication::retire() {
  if (left_) left_->leave(residence::gone);
  memory_.leave(residence::gone);
}

void publication::free_memory() {
  if (left_) left_->free_memory();
  memory_.free_memory();
}

}  // namespace lars::balance
