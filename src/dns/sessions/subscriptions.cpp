#include "dns/sessions/subscriptions.hpp"

#include <algorithm>
#include <utility>

namespace lars::dns {

void subscriptions::note(connection_id id, std::weak_ptr<net::tcp_connection> connection, bool extended) {
  auto& noted = subscribers_[id];
  noted.connection = std::move(connection);
  noted.extended = extended;
}

const subscriber* subscriptions::find(connection_id connection) const {
  const auto known = subscribers_.find(connection);
  return known == subscribers_.end() ? nullptr : &known->second;
}

subscriptions::outcome subscriptions::add(connection_id connection, route_key key) {
  auto& modules = subscribers_.at(connection).modules;
  auto known = by_module_.find(key);
  if (known != by_module_.end() && std::binary_search(known->second.begin(), known->second.end(), connection))
    return outcome::added;
  if (modules.size() >= limit_) return outcome::full;
  if (total_ >= total_limit_) return outcome::crowded;
  ++total_;
  modules.push_back(key);
  auto& list = known != by_module_.end() ? known->second : by_module_[key];
  list.insert(std::upper_bound(list.begin(), list.end(), connection), connection);
  return outcome::added;
}

void subscriptions::remove(connection_id connection) {
  const auto known = subscribers_.find(connection);
  if (known == subscribers_.end()) return;
  total_ -= known->second.modules.size();
  for (const route_key key : known->second.modules) {
    const auto entry = by_module_.find(key);
    auto& list = entry->second;
    list.erase(std::lower_bound(list.begin(), list.end(), connection));
    if (list.empty()) by_module_.erase(entry);
  }
  subscribers_.erase(known);
}

connection_id subscriptions::largest() const {
  return std::max_element(
             subscribers_.begin(), subscribers_.end(),
             [](const auto& a, const auto& b) { return a.second.modules.size() < b.second.modules.size(); })
      ->first;
}

std::span<const connection_id> subscriptions::of(route_key key) const {
  const auto known = by_module_.find(key);
  return known == by_module_.end() ? std::span<const connection_id>() : std::span<const connection_id>(known->second);
}

std::size_t subscriptions::count(connection_id connection) const {
  const auto* const known = find(connection);
  return known == nullptr ? 0 : known->modules.size();
}

}  // namespace lars::dns
