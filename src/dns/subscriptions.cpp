#include "dns/subscriptions.hpp"

#include <algorithm>

namespace lars::dns {

subscriptions::outcome subscriptions::add(connection_id connection, route_key key) {
  auto& modules = modules_[connection];
  auto known = subscribers_.find(key);
  if (known != subscribers_.end() && std::binary_search(known->second.begin(), known->second.end(), connection))
    return outcome::added;
  if (modules.size() >= limit_) return outcome::full;
  if (total_ >= total_limit_) return outcome::crowded;
  ++total_;
  modules.push_back(key);
  auto& list = known != subscribers_.end() ? known->second : subscribers_[key];
  list.insert(std::upper_bound(list.begin(), list.end(), connection), connection);
  return outcome::added;
}

void subscriptions::remove(connection_id connection) {
  const auto known = modules_.find(connection);
  if (known == modules_.end()) return;
  total_ -= known->second.size();
  for (const route_key key : known->second) {
    const auto entry = subscribers_.find(key);
    auto& list = entry->second;
    list.erase(std::lower_bound(list.begin(), list.end(), connection));
    if (list.empty()) subscribers_.erase(entry);
  }
  modules_.erase(known);
}

connection_id subscriptions::largest() const {
  return std::max_element(modules_.begin(), modules_.end(),
                          [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); })
      ->first;
}

std::span<const connection_id> subscriptions::of(route_key key) const {
  const auto known = subscribers_.find(key);
  return known == subscribers_.end() ? std::span<const connection_id>() : std::span<const connection_id>(known->second);
}

std::size_t subscriptions::count(connection_id connection) const {
  const auto known = modules_.find(connection);
  return known == modules_.end() ? 0 : known->second.size();
}

}  // namespace lars::dns
