// A thread pool for blocking calls (databases, files), so that no io thread waits for them. In virtual time, where one
// thread runs everything, the calls run in the context of the coroutine that awaits them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "net/virtual_time.hpp"

namespace lars::net {

namespace asio = boost::asio;

// Lifetime: outlives every run() in progress. Threads: any thread.
class blocking_pool {
public:
  explicit blocking_pool(std::size_t threads) {
    if (virtual_time::current() == nullptr) pool_.emplace(threads);
  }
  ~blocking_pool() { join(); }

  // Waits for all calls. An owner must call it before it destroys coroutines that may await run().
  void join() {
    if (pool_) pool_->join();
  }

  // Runs f() on a thread of the pool. The awaiting coroutine resumes in its own context with the result.
  // With one thread, calls run in order.
  template <class F>
  asio::awaitable<std::invoke_result_t<F&>> run(F f) {
    if (!pool_) {
      const auto executor = co_await asio::this_coro::executor;
      co_await asio::post(executor, asio::use_awaitable);
      co_return f();
    }
    if constexpr (std::is_void_v<std::invoke_result_t<F&>>)
      co_await asio::co_spawn(*pool_, call(std::move(f)), asio::use_awaitable);
    else
      co_return std::move(*co_await asio::co_spawn(*pool_, call_for_value(std::move(f)), asio::use_awaitable));
  }

private:
  template <class F>
  static asio::awaitable<void> call(F f) {
    f();
    co_return;
  }

  // Returns an optional, because co_spawn needs a default-constructible result and result<T> is not.
  template <class F>
  static asio::awaitable<std::optional<std::invoke_result_t<F&>>> call_for_value(F f) {
    co_return f();
  }

  std::optional<asio::thread_pool> pool_;  // none in virtual time
};

}  // namespace lars::net
