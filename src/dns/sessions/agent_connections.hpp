// The agents' open connections, so that the role can close them and wait for their end.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "dns/sessions/connection_id.hpp"
#include "net/io_pool.hpp"
#include "net/tcp_connection.hpp"

namespace lars::dns {

// Lifetime: shared by the role and every session; keeps no connection alive.
// Threads: add() and remove() on the connection's own context, the rest on any thread.
class agent_connections : public std::enable_shared_from_this<agent_connections> {
public:
  explicit agent_connections(net::io_pool& pool) : pool_(pool), contexts_(pool.size()) {}

  // Registers an open connection of context `context`. Returns nullopt once close_all() was called.
  std::optional<connection_id> add(std::size_t context, const std::shared_ptr<net::tcp_connection>& connection);

  // The connection ended.
  void remove(std::size_t context, connection_id id);

  // Refuses further connections and closes the open ones.
  void close_all();

  std::size_t open() const { return open_.load(); }

private:
  using connection_map = std::unordered_map<connection_id, std::weak_ptr<net::tcp_connection>>;

  net::io_pool& pool_;
  std::vector<connection_map> contexts_;  // entry i belongs to context i
  std::atomic<bool> closing_{false};
  std::atomic<std::size_t> open_{0};
  std::atomic<connection_id> last_id_{0};
};

}  // namespace lars::dns
