#include "agent/service/service_index.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace lars::agent {
namespace {

constexpr std::size_t least_slots = 64;

std::size_t hash_of(route_key key) { return std::hash<route_key>()(key); }

// Marks the slot of a removed module; searches continue past it. Never the address of a module.
service_state* tombstone() {
  alignas(service_state) static std::byte marker;
  return reinterpret_cast<service_state*>(&marker);
}

bool is_module(const service_state* slot) { return slot != nullptr && slot != tombstone(); }

}  // namespace

service_index::service_index(balance::arena& shared, balance::arena& spare)
    : shared_(shared), spare_(spare), table_(std::make_unique<table>(least_slots)), current_(table_.get()) {}

service_state& service_index::add(route_key key, const balance::health_config& health) {
  // Keep the table at most half full, so that an unsuccessful search is short.
  if (2 * (slots_used_ + 1) > table_->mask + 1)
    rebuild_table(std::max(least_slots, std::bit_ceil(2 * (modules_.size() + modules_.size() / 2 + 1))));
  auto created = std::make_unique<service_state>(key, health, service_home{shared_, spare_, stats_, active_, feed_});
  active_.reserve(modules_.size() + 1);
  created->number_ = modules_.size();
  modules_.push_back(std::move(created));
  auto& module = *modules_.back();
  if (insert(*table_, module)) ++slots_used_;
  return module;
}

// True if the slot was empty, false if it held a tombstone.
bool service_index::insert(table& into, service_state& module) {
  auto slot = hash_of(module.key()) & into.mask;
  while (is_module(into.slots[slot].load(std::memory_order_relaxed))) slot = (slot + 1) & into.mask;
  const bool empty = into.slots[slot].load(std::memory_order_relaxed) == nullptr;
  into.slots[slot].store(&module, std::memory_order_release);
  return empty;
}

// Replaces the table with one of this size, without tombstones.
void service_index::rebuild_table(std::size_t size) {
  auto next = std::make_unique<table>(size);
  auto& old = retired_.emplace_back();
  for (const auto& module : modules_) insert(*next, *module);
  slots_used_ = modules_.size();
  current_.store(next.get(), std::memory_order_release);
  old.replaced = std::exchange(table_, std::move(next));
  old.epoch = readers_.advance();
}

service_state* service_index::find(route_key key) const {
  const auto& current = *current_.load(std::memory_order_acquire);
  for (auto slot = hash_of(key) & current.mask;; slot = (slot + 1) & current.mask) {
    auto* const module = current.slots[slot].load(std::memory_order_acquire);
    if (module == nullptr || (module != tombstone() && module->key() == key)) return module;
  }
}

void service_index::remove(service_state& module) {
  auto& removed = retired_.emplace_back();  // first, because nothing after it can throw
  auto slot = hash_of(module.key()) & table_->mask;
  while (table_->slots[slot].load(std::memory_order_relaxed) != &module) slot = (slot + 1) & table_->mask;
  table_->slots[slot].store(tombstone(), std::memory_order_release);
  ++removals_;
  module.retire();
  const auto number = module.number_;
  removed.module = std::move(modules_[number]);
  if (number + 1 < modules_.size()) {
    modules_[number] = std::move(modules_.back());
    modules_[number]->number_ = number;
  }
  modules_.pop_back();
  // Last: a reader that enters after this cannot find the module.
  removed.epoch = readers_.advance();
}

void service_index::reclaim() {
  if (retired_.empty()) return;
  if (table_->mask + 1 > least_slots && 16 * modules_.size() < table_->mask + 1)
    rebuild_table(std::max(least_slots, std::bit_ceil(4 * (modules_.size() + 1))));
  const auto oldest = readers_.oldest();
  while (!retired_.empty() && retired_.front().epoch < oldest) {
    auto* const module = retired_.front().module.get();
    if (module != nullptr && module->is_active()) return;
    if (module != nullptr) module->free_memory();
    retired_.pop_front();
  }
}

}  // namespace lars::agent
