#include "agent/module_index.hpp"

#include <functional>

namespace lars::agent {
namespace {

constexpr std::size_t first_room = 64;

std::size_t place_of(route_key key) { return std::hash<route_key>()(key); }

}  // namespace

module_index::module_index(balance::arena& shared, balance::arena& spare) : shared_(shared), spare_(spare) {
  tables_.push_back(std::make_unique<table>(first_room));
  current_.store(tables_.back().get(), std::memory_order_release);
}

module& module_index::add(route_key key, const balance::health_config& health) {
  // At most half full, so that a search for what is not there ends soon.
  if (2 * (modules_.size() + 1) > tables_.back()->mask + 1) grow();
  modules_.push_back(std::make_unique<module>(key, health, module_home{shared_, spare_, probe_, active_}));
  put(*tables_.back(), *modules_.back());
  active_.make_room(modules_.size());
  return *modules_.back();
}

void module_index::put(table& into, module& one) {
  auto place = place_of(one.key()) & into.mask;
  while (into.places[place].load(std::memory_order_relaxed) != nullptr) place = (place + 1) & into.mask;
  into.places[place].store(&one, std::memory_order_release);
}

void module_index::grow() {
  tables_.push_back(std::make_unique<table>(2 * (tables_.back()->mask + 1)));
  for (const auto& one : modules_) put(*tables_.back(), *one);
  current_.store(tables_.back().get(), std::memory_order_release);
}

module* module_index::find(route_key key) const {
  const auto& where = *current_.load(std::memory_order_acquire);
  for (auto place = place_of(key) & where.mask;; place = (place + 1) & where.mask) {
    auto* const found = where.places[place].load(std::memory_order_acquire);
    if (found == nullptr || found->key() == key) return found;
  }
}

}  // namespace lars::agent
