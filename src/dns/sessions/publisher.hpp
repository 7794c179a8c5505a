// Publishes the route table: hands each context the current table and pushes what changed to the connections that
// follow it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "dns/sessions/change_feed.hpp"
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

// Lifetime: shared by the role, its watch and every session; keeps no connection alive.
// Threads: context 0 owns the current table and the subscriptions; each context owns its own pointer to a table.
class publisher : public std::enable_shared_from_this<publisher> {
public:
  publisher(net::io_pool& pool, publisher_limits limits, time_source time = {});

  // --- context 0 ---

  // Publishes `table` as a whole, without pushes.
  void publish(std::shared_ptr<const route_table> table);

  // Replaces modules, pushes those whose content differs, and reports them to observers. `polled_at`: when the poll
  // that found the change began. REQUIRES: a table was published.
  void apply(std::vector<module_answer> answers, base::time_point polled_at);

  // Who is called when modules change; not of publish().
  change_feed& changes() { return changes_; }

  // The current table, which contexts may not have yet. REQUIRES: a table was published.
  std::shared_ptr<const route_table> current() const { return current_; }

  // --- context `context` ---

  // The table to answer from. REQUIRES: published before the connection was accepted.
  std::shared_ptr<const route_table> table(std::size_t context) const { return tables_[context]; }

  // --- any thread ---

  // Subscribes a connection to modules it was just answered. If the current table differs from an answer by now, the
  // connection gets the newer one.
  void subscribe(connection_id id, const std::shared_ptr<net::tcp_connection>& connection, bool extended,
                 std::vector<answered_route> answered);

  // The connection ended.
  void unsubscribe(connection_id id);

  bool over_unread_limit() const { return stats_.unread > limits_.unread_bytes; }
  session_stats& stats() { return stats_; }

  // How fresh the published table is. Written by the watch alone.
  storage::freshness& freshness() { return freshness_; }
  storage::freshness::snapshot freshness_now() const { return freshness_.at(time_.boot_time()); }

private:
  // Frames to send, by connection.
  using outbox = std::unordered_map<connection_id, std::vector<net::shared_bytes>>;

  void set_current(std::shared_ptr<const route_table> table);
  void on_subscribe(connection_id id, const std::shared_ptr<net::tcp_connection>& connection, bool extended,
                    const std::vector<answered_route>& answered);
  std::size_t push(std::span<const route_change> changes, base::time_point polled_at);
  void send(outbox box, std::optional<base::time_point> polled_at);

  net::io_pool& pool_;
  const publisher_limits limits_;
  const time_source time_;
  std::vector<std::shared_ptr<const route_table>> tables_;  // entry i belongs to context i
  session_stats stats_;
  storage::freshness freshness_{std::chrono::milliseconds(200)};  // the watch sets the interval

  // Context 0 alone.
  std::shared_ptr<const route_table> current_;
  subscriptions subscriptions_;
  change_feed changes_;
};

}  // namespace lars::dns
