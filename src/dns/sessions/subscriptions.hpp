// Which connection follows which module, and the limits on both.
#pragma once

#include <cstddef>
#include <lars/types.hpp>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "dns/sessions/connection_id.hpp"
#include "dns/sessions/session_stats.hpp"
#include "net/tcp_connection.hpp"

namespace lars::dns {

// One connection that asked for modules. Does not keep the connection alive.
struct subscriber {
  std::weak_ptr<net::tcp_connection> connection;
  bool extended = false;           // it understands our protocol extensions
  std::vector<route_key> modules;  // in the order of its requests
};

// Threads: owner context only. Closes the connections that it drops.
// Invariant: a connection is among a module's subscribers iff the module is among the connection's.
class subscriptions {
public:
  // At most `connection_limit` modules a connection and `total_limit` over all connections. `stats` outlives this.
  subscriptions(std::size_t connection_limit, std::size_t total_limit, session_stats& stats)
      : connection_limit_(connection_limit), total_limit_(total_limit), stats_(stats) {}

  // Registers a connection, or updates what is known about it.
  void update_client(connection_id id, std::weak_ptr<net::tcp_connection> connection, bool extended);

  // Null for a connection that was never registered or was removed. Borrowed until the next change.
  const subscriber* find(connection_id id) const;

  // Subscribes a connection to a module; harmless when repeated. Above its own limit the connection is dropped. Above
  // the total limit the connections with the most modules are dropped until there is room. Returns false if this
  // connection was dropped.
  // REQUIRES: the connection is registered.
  bool add(connection_id id, route_key key);

  // Forgets a connection that ended. Harmless for one that is not registered.
  void remove(connection_id id);

  // The module's subscribers, ascending; borrowed until the next change.
  std::span<const connection_id> subscribers_of(route_key key) const;

  std::size_t count(connection_id id) const;
  std::size_t modules() const { return by_module_.size(); }
  std::size_t total() const { return total_; }

private:
  connection_id largest() const;
  void drop(connection_id id);

  const std::size_t connection_limit_;
  const std::size_t total_limit_;
  session_stats& stats_;
  std::size_t total_ = 0;
  // Sorted: ids grow, so a new one mostly goes at the end.
  std::unordered_map<route_key, std::vector<connection_id>> by_module_;
  std::unordered_map<connection_id, subscriber> subscribers_;
};

}  // namespace lars::dns
