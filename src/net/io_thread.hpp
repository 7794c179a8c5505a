// One loop on a thread and a context of its own. In virtual time, where one thread runs every context, it has no thread
// and uses the context of another.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string_view>
#include <thread>

namespace lars::net {

namespace asio = boost::asio;

// Threads: main thread.
class io_thread {
public:
  // REQUIRES: `shared`, which is used in virtual time, outlives the object.
  explicit io_thread(asio::io_context& shared);

  asio::io_context& context() { return own_ ? *own_ : shared_; }

  // Runs the loop. REQUIRES: called once; `doing` is a literal that names the loop; join() is called before the object
  // is destroyed.
  void start(std::string_view doing, asio::awaitable<void> loop);

  // Returns when the loop has ended. The loop must have been told to end.
  void join();

private:
  asio::io_context& shared_;
  std::optional<asio::io_context> own_;
  std::thread thread_;
  std::atomic<bool> running_{false};
};

}  // namespace lars::net
