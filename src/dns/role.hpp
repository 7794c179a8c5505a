// The dns role: keeps the whole route table in memory, answers agents from it, watches the storage, pushes changes.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <memory>
#include <string>
#include <vector>

#include "dns/dns_config.hpp"
#include "dns/watch/watch_intervals.hpp"
#include "http/metric.hpp"
#include "net/io_pool.hpp"
#include "net/network.hpp"
#include "storage/storage_config.hpp"

namespace lars::dns {

// Lifetime: the application's; destroyed after the pool has stopped and before `network`. Threads: main thread, except
// where noted.
class role {
public:
  role(net::io_pool& pool, dns_config config, storage::storage_config storage,
       net::network& network = net::system_network());
  ~role();

  // Binds the socket. Nothing runs yet.
  result<void> listen();
  std::uint32_t port() const;

  // Starts loading and watching. Connections are served once the table is loaded.
  void start();

  void set_intervals(watch_intervals intervals);

  // Why the role cannot answer agents; empty if it can. Any thread.
  std::string not_ready() const;
  // What is degraded while agents are answered; empty if nothing is. Any thread.
  std::string notice() const;
  std::vector<http::metric> metrics() const;  // any thread

  // Stops watching; agents are still answered from memory. Returns at once; stop() waits for the end.
  void begin_stop();

  // Refuses new connections and closes those there are. Returns when all has ended, at most 2.5 s after begin_stop().
  void stop();

private:
  struct components;
  std::unique_ptr<components> components_;
};

}  // namespace lars::dns
