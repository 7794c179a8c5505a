// The reporter role: takes from agents how calls went and writes it to the storage, each batch exactly once.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <memory>
#include <string>
#include <vector>

#include "http/metric.hpp"
#include "net/io_pool.hpp"
#include "reporter/reporter_config.hpp"
#include "reporter/reporter_stats.hpp"
#include "storage/storage_config.hpp"

namespace lars::reporter {

// Lifetime: the application's; destroyed after the pool has stopped. Threads: main thread, except where noted.
class role {
public:
  role(net::io_pool& pool, reporter_config config, storage::storage_config storage);
  ~role();

  // Binds the socket. Nothing runs yet. errc::connection_refused with the reason in words.
  result<void> listen();
  std::uint32_t port() const;

  // Takes connections at once, whether or not the database is there.
  void start();

  // Refuses new connections, writes what it has taken, closes the connections there are. Returns when that has happened
  // (2 s at most): what the database has not taken by then, agents still have.
  void stop();

  void use(const history_config& config);

  // Why it does not do its work, empty = it does. Any thread.
  std::string not_ready() const;
  std::vector<http::metric> metrics() const;  // any thread
  const reporter_stats& stats() const;        // any thread

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace lars::reporter
