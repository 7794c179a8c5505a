#include "dns/sessions/subscriptions.hpp"

#include <algorithm>
#include <utility>

#include "log/log.hpp"

namespace lars::dns {

void subscriptions::update_client(connection_id id, std::weak_ptr<net::tcp_connection> connection, bool extended) {
  auto& client = subscribers_[id];
  client.connection = std::move(connection);
  client.extended = extended;
}

const subscriber* subscriptions::find(connection_id id) const {
  const auto entry = subscribers_.find(id);
  return entry == subscribers_.end() ? nullptr : &entry->second;
}

bool subscriptions::add(connection_id id, route_key key) {
  auto& modules = subscribers_.at(id).modules;
  const auto entry = by_module_.find(key);
  if (entry != by_module_.end() && std::binary_search(entry->second.begin(), entry->second.end(), id)) return true;
  if (modules.size() >= connection_limit_) {
    drop(id);
    return false;
  }
  while (total_ >= total_limit_) {
    const auto dropped = largest();
    drop(dropped);
    if (dropped == id) return false;
  }
  stats_.subscriptions = ++total_;
  modules.push_back(key);
  auto& list = by_module_[key];  // a drop may have erased the entry
  list.insert(std::upper_bound(list.begin(), list.end(), id), id);
  return true;
}

void subscriptions::drop(connection_id id) {
  ++stats_.refused;
  if (const auto connection = subscribers_.at(id).connection.lock()) {
    log::warn("dns.subscription_refused", {{"peer", connection->peer()}, {"modules", count(id)}});
    connection->close_from_anywhere();
  }
  remove(id);
}

void subscriptions::remove(connection_id id) {
  const auto entry = subscribers_.find(id);
  if (entry == subscribers_.end()) return;
  total_ -= entry->second.modules.size();
  for (const route_key key : entry->second.modules) {
    const auto module_entry = by_module_.find(key);
    auto& list = module_entry->second;
    list.erase(std::lower_bound(list.begin(), list.end(), id));
    if (list.empty()) by_module_.erase(module_entry);
  }
  subscribers_.erase(entry);
  stats_.subscriptions = total_;
}

// Takes time with the number of connections, which is why it runs only above the total limit.
connection_id subscriptions::largest() const {
  const auto smaller = [](const auto& a, const auto& b) { return a.second.modules.size() < b.second.modules.size(); };
  return std::max_element(subscribers_.begin(), subscribers_.end(), smaller)->first;
}

std::span<const connection_id> subscriptions::subscribers_of(route_key key) const {
  const auto entry = by_module_.find(key);
  if (entry == by_module_.end()) return {};
  return entry->second;
}

std::size_t subscriptions::count(connection_id id) const {
  const auto* const client = find(id);
  return client == nullptr ? 0 : client->modules.size();
}

}  // namespace lars::dns
