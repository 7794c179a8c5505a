// Where the route table meets the connections: hands each context the current table, and sends what changed to the
// connections that asked for it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "dns/request_answerer.hpp"
#include "dns/route_table.hpp"
#include "dns/subscriptions.hpp"
#include "net/io_pool.hpp"
#include "net/tcp_connection.hpp"

namespace lars::dns {

// Sums over the life of a role; any thread.
struct dns_counters {
  std::atomic<std::uint64_t> answers{0};
  std::atomic<std::uint64_t> pushes{0};
  std::atomic<std::uint64_t> skipped{0};  // frames with an unknown id
  std::atomic<std::uint64_t> dropped{0};  // connections closed for what they sent or did not read
};

// Lifetime: shared by the role, its watch and every session; holds no connection alive.
// Threads: context 0 owns the master table and the subscriptions; the state of context i belongs to context i.
class publisher : public std::enable_shared_from_this<publisher> {
public:
  // A connection that asks for more modules than this is closed.
  static constexpr std::size_t subscription_limit = 1'000'000;

  explicit publisher(net::io_pool& pool);

  // --- context 0 ---

  // Serves `table` from now on.
  void publish(std::shared_ptr<const route_table> table);

  // Replaces modules, pushes those whose content differs, and returns them. REQUIRES: a table was published.
  std::vector<route_change> apply(std::vector<module_answer> answers);

  // --- context `context` ---

  // The table to answer from. REQUIRES: published before the connection was accepted.
  std::shared_ptr<const route_table> table(std::size_t context) const { return contexts_[context].table; }

  // Registers an open connection and names it; false once stopping.
  bool enter(std::size_t context, const std::shared_ptr<net::tcp_connection>& connection, connection_id& id);

  // The connection asked for these modules and was sent these answers. If the master table differs by now, the
  // connection gets the newer ones.
  void subscribe(connection_id id, const std::shared_ptr<net::tcp_connection>& connection, bool extended,
                 std::vector<answered_route> answered);

  // The connection ended.
  void leave(std::size_t context, connection_id id);

  // --- any thread ---

  // Refuses further connections and closes those there are.
  void close_all();

  std::size_t open_connections() const { return open_.load(); }
  dns_counters& counters() { return counters_; }

private:
  struct client {
    std::weak_ptr<net::tcp_connection> connection;
    bool extended = false;
  };
  struct context_state {
    std::shared_ptr<const route_table> table;
    std::unordered_map<connection_id, std::weak_ptr<net::tcp_connection>> open;
  };
  using outbox = std::unordered_map<connection_id, std::vector<net::shared_bytes>>;

  void on_subscribe(connection_id id, client from, const std::vector<answered_route>& answered);
  void distribute();
  std::size_t push(std::span<const route_change> changes);
  void send(outbox box);

  net::io_pool& pool_;
  std::vector<context_state> contexts_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> open_{0};
  std::atomic<connection_id> last_id_{0};
  dns_counters counters_;

  // Context 0 alone.
  std::shared_ptr<const route_table> master_;
  subscriptions subscriptions_{subscription_limit};
  std::unordered_map<connection_id, client> clients_;
};

}  // namespace lars::dns
