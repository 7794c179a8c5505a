// Who asked for which module, both ways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "net/tcp_connection.hpp"

namespace lars::dns {

// Names a connection; ids grow and are never used twice.
using connection_id = std::uint64_t;

// One peer that asked for modules. Holds no connection alive.
struct subscriber {
  std::weak_ptr<net::tcp_connection> connection;
  bool extended = false;           // it understands our extensions
  std::vector<route_key> modules;  // what it asked for, in that order
};

// The one owner of what dns knows of its peers: whoever is in a module's list is in subscribers() too.
// Threads: owner context only.
// Invariant: a connection is among a module's subscribers iff the module is among the connection's.
class subscriptions {
public:
  // At most `limit` modules a connection, `total_limit` over all connections.
  subscriptions(std::size_t limit, std::size_t total_limit) : limit_(limit), total_limit_(total_limit) {}

  // Notes a connection, or what is new of it. add() wants it noted before.
  void note(connection_id id, std::weak_ptr<net::tcp_connection> connection, bool extended);

  // What is known of it; null for one that was never noted or was removed. Borrowed until the next change.
  const subscriber* find(connection_id connection) const;

  enum class outcome {
    added,    // or there already
    full,     // the connection has as many modules as it may; nothing changed
    crowded,  // all together have as many as they may; nothing changed
  };
  // REQUIRES: the connection was noted and has not been removed since.
  outcome add(connection_id connection, route_key key);

  // Forgets a connection that ended, or that may not subscribe any more.
  void remove(connection_id connection);

  // The module's subscribers, ascending; borrowed until the next change.
  std::span<const connection_id> of(route_key key) const;

  std::size_t count(connection_id connection) const;
  std::size_t modules() const { return by_module_.size(); }
  std::size_t total() const { return total_; }

  // The connection with the most modules. REQUIRES: one was noted. Takes time with the number of connections.
  connection_id largest() const;

private:
  const std::size_t limit_;
  const std::size_t total_limit_;
  std::size_t total_ = 0;
  // Sorted: ids grow, so that a new one mostly goes at the end.
  std::unordered_map<route_key, std::vector<connection_id>> by_module_;
  std::unordered_map<connection_id, subscriber> subscribers_;
};

}  // namespace lars::dns
