// Writes changed routes to the file of saved routes in the background.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "agent/routes/route_file.hpp"
#include "net/blocking_pool.hpp"
#include "net/timer.hpp"

namespace lars::agent {

// If a write fails, the last route of each module is kept and the write is retried every second.
// Lifetime: outlives run(). Threads: owner context only.
class route_saver {
public:
  // Sets `unsaved` to the number of waiting modules. REQUIRES: `file` is loaded; all arguments outlive run(); the pool
  // has one thread.
  route_saver(boost::asio::io_context& context, net::blocking_pool& pool, route_file& file,
              std::atomic<std::uint64_t>& unsaved);

  // Queues a module's route, replacing a waiting route of the same module.
  void save(saved_route route);

  // Writes until stop(), then writes the remaining routes.
  boost::asio::awaitable<void> run();
  void stop();

private:
  boost::asio::awaitable<bool> write(std::vector<saved_route> routes);
  void requeue(std::vector<saved_route> routes);
  void record_outcome(const result<void>& outcome);

  net::blocking_pool& pool_;
  route_file& file_;
  std::atomic<std::uint64_t>& unsaved_;
  net::timer wake_;
  std::unordered_map<route_key, saved_route> waiting_;
  bool failing_ = false;
  bool stopping_ = false;
};

}  // namespace lars::agent
