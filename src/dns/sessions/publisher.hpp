// Where the route table meets the connections: hands each context the current table, and sends what changed to the
// connections that asked for it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "dns/sessions/request_handler.hpp"
#include "dns/sessions/session_stats.hpp"
#include "dns/sessions/subscriptions.hpp"
#include "dns/table/route_table.hpp"
#include "dns/table/time_source.hpp"
#include "net/io_pool.hpp"
#include "net/tcp_connection.hpp"
#include "storage/freshness.hpp"

namespace lars::dns {

struct publisher_limits {
  std::size_t unread_bytes = 256u << 20;                     // answers that agents have not read yet, all together
  std::size_t max_subscriptions = 10'000'000;                // over all connections
  std::size_t max_subscriptions_per_connection = 1'000'000;  // a connection that asks for more is closed
};

// Lifetime: shared by the role, its watch and every session; holds no connection alive.
// Threads: context 0 owns the master table and the subscriptions; the state of context i belongs to context i.
class publisher : public std::enable_shared_from_this<publisher> {
public:
  publisher(net::io_pool& pool, publisher_limits limits, time_source time = {});

  // --- context 0 ---

  // Serves `table` from now on.
  void publish(std::shared_ptr<const route_table> table);

  // Replaces modules, pushes those whose content differs, and returns them. `looked` is when the look at the database
  // that found them began. REQUIRES: a table was published.
  std::vector<route_change> apply(std::vector<module_answer> answers, base::time_point looked);

  // The table as it is now, contexts may not have it yet. REQUIRES: a table was published.
  std::shared_ptr<const route_table> newest() const { return master_; }

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
  bool over_unread_limit() const { return stats_.unread > limits_.unread_bytes; }
  session_stats& stats() { return stats_; }

  // How fresh the published table is. The watch alone writes it.
  storage::freshness& freshness() { return freshness_; }
  storage::freshness::state freshness_now() const { return freshness_.at(time_.boot_time()); }

private:
  struct context_state {
    std::shared_ptr<const route_table> table;
    std::unordered_map<connection_id, std::weak_ptr<net::tcp_connection>> open;
  };
  using outbox = std::unordered_map<connection_id, std::vector<net::shared_bytes>>;

  bool subscribe_one(connection_id id, route_key key);
  void drop(connection_id id);
  void note_table();
  void on_subscribe(connection_id id, const std::shared_ptr<net::tcp_connection>& connection, bool extended,
                    const std::vector<answered_route>& answered);
  void distribute();
  std::size_t push(std::span<const route_change> changes, base::time_point looked);
  void send(outbox box, std::optional<base::time_point> looked);

  net::io_pool& pool_;
  const publisher_limits limits_;
  const time_source time_;
  std::vector<context_state> contexts_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> open_{0};
  std::atomic<connection_id> last_id_{0};
  session_stats stats_;
  storage::freshness freshness_{std::chrono::milliseconds(200)};  // the watch sets the interval

  // Context 0 alone.
  std::shared_ptr<const route_table> master_;
  subscriptions subscriptions_;
};

}  // namespace lars::dns
