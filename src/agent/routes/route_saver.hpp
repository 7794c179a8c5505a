// Sees to it that every changed route reaches the file of saved routes, soon and without holding up anyone.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "agent/routes/route_file.hpp"
#include "net/blocking_pool.hpp"

namespace lars::agent {

// What cannot be written waits, the last route of each module, and is tried again every second.
// Lifetime: outlives run(). Threads: owner context only.
class route_saver {
public:
  // `unsaved` is kept at the number of modules that wait. REQUIRES: `file` is loaded; all outlive run(); the pool has
  // one thread.
  route_saver(boost::asio::io_context& context, net::blocking_pool& pool, route_file& file,
              std::atomic<std::uint64_t>& unsaved);

  // Takes a module's route; an older one of the same module that waits is dropped.
  void save(saved_route route);

  // Writes until stop(), and then what is left.
  boost::asio::awaitable<void> run();
  void stop();

private:
  boost::asio::awaitable<bool> write(std::vector<saved_route> routes);
  void put_back(std::vector<saved_route> routes);
  void note_outcome(const result<void>& outcome);

  net::blocking_pool& pool_;
  route_file& file_;
  std::atomic<std::uint64_t>& unsaved_;
  boost::asio::steady_timer wake_;
  std::unordered_map<route_key, saved_route> waiting_;
  bool failing_ = false;
  bool stopping_ = false;
};

}  // namespace lars::agent
