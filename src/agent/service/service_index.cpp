#include "agent/service/service_index.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace lars::agent {
namespace {

constexpr std::size_t first_room = 64;

std::size_t place_of(route_key key) { return std::hash<route_key>()(key); }

// Where a module was removed: searches go on. No module's address.
service_state* tombstone() {
  alignas(service_state) static std::byte place;
  return reinterpret_cast<service_state*>(&place);
}

bool is_module(const service_state* found) { return found != nullptr && found != tombstone(); }

}  // namespace

service_index::service_index(balance::arena& shared, balance::arena& spare)
    : shared_(shared), spare_(spare), table_(std::make_unique<table>(first_room)), current_(table_.get()) {}

service_state& service_index::add(route_key key, const balance::health_config& health) {
  // At most half full, so that a search for what is not there ends soon.
  if (2 * (places_used_ + 1) > table_->mask + 1)
    renew_table(std::max(first_room, std::bit_ceil(2 * (modules_.size() + modules_.size() / 2 + 1))));
  auto made = std::make_unique<service_state>(key, health, service_home{shared_, spare_, stats_, active_});
  active_.make_room(modules_.size() + 1);
  made->number_ = modules_.size();
  modules_.push_back(std::move(made));
  auto& one = *modules_.back();
  if (put(*table_, one)) ++places_used_;
  return one;
}

// True where the place was free.
bool service_index::put(table& into, service_state& one) {
  auto place = place_of(one.key()) & into.mask;
  while (is_module(into.places[place].load(std::memory_order_relaxed))) place = (place + 1) & into.mask;
  const bool fresh = into.places[place].load(std::memory_order_relaxed) == nullptr;
  into.places[place].store(&one, std::memory_order_release);
  return fresh;
}

// Replaces the table by one of this size, without tombstones.
void service_index::renew_table(std::size_t room) {
  auto next = std::make_unique<table>(room);
  auto& old = retired_.emplace_back();
  for (const auto& one : modules_) put(*next, *one);
  places_used_ = modules_.size();
  current_.store(next.get(), std::memory_order_release);
  old.places = std::exchange(table_, std::move(next));
  old.epoch = readers_.advance();
}

service_state* service_index::find(route_key key) const {
  const auto& where = *current_.load(std::memory_order_acquire);
  for (auto place = place_of(key) & where.mask;; place = (place + 1) & where.mask) {
    auto* const found = where.places[place].load(std::memory_order_acquire);
    if (found == nullptr || (found != tombstone() && found->key() == key)) return found;
  }
}

void service_index::remove(service_state& one) {
  auto& gone = retired_.emplace_back();  // first: nothing after it can throw
  auto place = place_of(one.key()) & table_->mask;
  while (table_->places[place].load(std::memory_order_relaxed) != &one) place = (place + 1) & table_->mask;
  table_->places[place].store(tombstone(), std::memory_order_release);
  ++removals_;
  one.retire();
  const auto number = one.number_;
  gone.one = std::move(modules_[number]);
  if (number + 1 < modules_.size()) {
    modules_[number] = std::move(modules_.back());
    modules_[number]->number_ = number;
  }
  modules_.pop_back();
  // Last: who becomes a reader from here on cannot find it.
  gone.epoch = readers_.advance();
}

void service_index::reclaim() {
  if (retired_.empty()) return;
  if (table_->mask + 1 > first_room && 16 * modules_.size() < table_->mask + 1)
    renew_table(std::max(first_room, std::bit_ceil(4 * (modules_.size() + 1))));
  const auto oldest = readers_.oldest();
  while (!retired_.empty() && retired_.front().epoch < oldest) {
    auto* const one = retired_.front().one.get();
    if (one != nullptr && one->is_active()) return;
    if (one != nullptr) one->free_memory();
    retired_.pop_front();
  }
}

}  // namespace lars::agent
