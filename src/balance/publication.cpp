#include "balance/publication.hpp"

#include <algorithm>
#include <new>

namespace lars::balance {

void publication::begin_list(std::uint32_t members, std::uint32_t slots, std::span<const member> shown) {
  ++changes_;
  if (!place_.reserve(members, slots)) move(members, slots, shown);
}

void publication::move(std::uint32_t members, std::uint32_t slots, std::span<const member> shown) {
  const auto& before = place_.record();
  module_place next(*spare_, key_, static_cast<std::uint32_t>(before.probe_num.load(std::memory_order_relaxed)));
  const auto most = std::max(members, static_cast<std::uint32_t>(shown.size()));
  if (&place_.memory() == spare_ || !next.reserve(most, slots)) throw std::bad_alloc();
  next.live().copy(place_.live(), std::min(place_.live().slots(), next.live().slots()));
  next.publish(shown, {});
  next.record().changes.store(changes_, std::memory_order_relaxed);
  next.record().median.store(before.median.load(std::memory_order_relaxed), std::memory_order_relaxed);
  next.record().hosts.store(before.hosts.load(std::memory_order_relaxed), std::memory_order_release);
  left_ = std::make_unique<module_place>(place_);
  place_.leave(residence::elsewhere);
  place_ = next;
}

void publication::join(std::uint32_t slot, const live_value& value, bool numbered) {
  auto& words = place_.live().raw(slot);
  words.in_flight.store(0, std::memory_order_relaxed);
  words.latency.store(0, std::memory_order_relaxed);
  words.score.store(numbered ? changes_ : 0, std::memory_order_relaxed);
  place_.live().store(slot, value);
}

bool publication::update(std::uint32_t slot, std::uint16_t weight, host_state state) {
  auto value = place_.live().load(slot);
  if (value.weight == weight && value.state == state) return false;
  value.weight = weight;
  value.state = state;
  place_.live().store(slot, value);
  return true;
}

void publication::leave(const member& host) {
  place_.live().store(host.slot, {host.generation, 0, host_state::down, verdict::idle});
}

bool publication::store_verdict(std::uint32_t slot, verdict changed, bool numbered) {
  auto value = place_.live().load(slot);
  value.health = changed;
  ++changes_;
  // Before the verdict: a picker that sees the verdict sees the number of the change.
  if (numbered) place_.live().raw(slot).score.store(changes_, std::memory_order_relaxed);
  place_.live().store(slot, value);
  place_.record().changes.store(changes_, std::memory_order_release);
  return value.takes_calls();
}

void publication::clear_scores(std::uint32_t slots) {
  for (std::uint32_t slot = 0; slot < slots; ++slot) place_.live().raw(slot).score.store(0, std::memory_order_relaxed);
}

void publication::store_population(const population& hosts) {
  place_.record().hosts.store(pack(hosts), std::memory_order_release);
}

void publication::store_median(double ns) {
  place_.record().median.store(static_cast<std::uint64_t>(ns), std::memory_order_relaxed);
}

void publication::store_probe_num(std::uint32_t picks) {
  place_.record().probe_num.store(picks, std::memory_order_relaxed);
}

void publication::retire() {
  if (left_) left_->leave(residence::gone);
  place_.leave(residence::gone);
}

void publication::free_memory() {
  if (left_) left_->free_memory();
  place_.free_memory();
}

}  // namespace lars::balance
