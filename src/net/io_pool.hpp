// One io_context per thread: objects that belong to one context need no strand and no lock.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace lars::net {

namespace asio = boost::asio;

// Lifetime: the application's; outlives everything that runs on it. Threads: any thread, except where noted.
class io_pool {
public:
  // REQUIRES: threads > 0.
  explicit io_pool(std::size_t threads);
  ~io_pool();  // stop() and join()

  std::size_t size() const { return slots_.size(); }
  asio::io_context& context(std::size_t i) { return *slots_[i].context; }

  // Starts the threads. Main thread, once.
  void start();

  // Stops the contexts, so that unfinished work is destroyed, and joins. Main thread; may be called again.
  void stop();

private:
  struct slot {
    std::unique_ptr<asio::io_context> context;
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::thread thread;
  };
  std::vector<slot> slots_;
};

}  // namespace lars::net
