// The reporter role: receives the results of calls from agents and writes them to the storage, each batch exactly once.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <memory>
#include <string>
#include <vector>

#include "http/metric.hpp"
#include "net/io_pool.hpp"
#include "net/network.hpp"
#include "reporter/reporter_config.hpp"
#include "reporter/reporter_stats.hpp"
#include "storage/storage_config.hpp"

namespace lars::reporter {

// Lifetime: the application's; destroyed after the pool has stopped and before `network`. Threads: main thread, except
// where noted.
class role {
public:
  role(net::io_pool& pool, reporter_config config, storage::storage_config storage,
       net::network& network = net::system_network());
  ~role();

  // Binds the socket. Nothing runs yet. errc::connection_refused with the reason.
  result<void> listen();
  std::uint32_t port() const;

  // Accepts connections at once, even if the database is down.
  void start();

  // Refuses new connections, writes what it has received, closes all connections. Returns when that is done, after 2 s
  // at most: agents still have what was not written by then.
  void stop();

  void use(const history_config& config);

  // Why it cannot work; empty = it can. Any thread.
  std::string not_ready() const;
  std::vector<http::metric> metrics() const;  // any thread
  const reporter_stats& stats() const;        // any thread

private:
  struct components;
  std::unique_ptr<components> components_;
};

}  // namespace lars::reporter
