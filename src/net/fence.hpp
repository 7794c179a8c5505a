// Catches exceptions at the edge of a handler, a session or a loop. An exception that gets there is a bug or a lack of
// memory. It is logged with the interrupted operation, counted, and ends only that handler, session or iteration.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string_view>
#include <utility>

#include "net/as_result.hpp"
#include "net/timer.hpp"

namespace lars::net {

namespace asio = boost::asio;

// Counts the exception and logs `net.exception` with its reason. `doing` names the interrupted operation, as "sending a
// push". Does nothing if `failure` is null. Any thread.
void log_exception(std::string_view doing, const std::exception_ptr& failure) noexcept;

// Exceptions counted since the start of the process. Any thread.
std::uint64_t exception_count() noexcept;

// Calls f(). Returns false if f() threw.
template <class F>
bool fenced(std::string_view doing, F&& f) noexcept {
  try {
    std::forward<F>(f)();
    return true;
  } catch (...) {
    log_exception(doing, std::current_exception());
    return false;
  }
}

// Posts f to the executor or context and catches its exceptions. REQUIRES: `doing` is a literal.
template <class Where, class F>
void post(Where&& where, std::string_view doing, F f) {
  asio::post(std::forward<Where>(where), [doing, f = std::move(f)]() mutable { fenced(doing, f); });
}

// Completion handler for co_spawn: logs the exception that ended the coroutine, if any. REQUIRES: `doing` is a literal.
inline auto exception_logger(std::string_view doing) {
  return [doing](const std::exception_ptr& failure) { log_exception(doing, failure); };
}

// Runs the handlers of the context until it is stopped or out of work. An exception that no other fence caught ends
// only its handler; the thread continues.
void run_fenced(asio::io_context& context) noexcept;

// Keeps a loop running: awaits body() until it returns, and restarts it after a pause if it throws. body() itself
// checks whether to stop. REQUIRES: `doing` is a literal; the objects that body() refers to outlive the coroutine.
template <class Body>
asio::awaitable<void> keep_running(std::string_view doing, Body body) {
  constexpr std::chrono::milliseconds restart_pause{200};
  while (true) {
    std::exception_ptr failure;
    try {
      co_await body();
      co_return;
    } catch (...) {
      failure = std::current_exception();
    }
    log_exception(doing, failure);
    timer pause(co_await asio::this_coro::executor, restart_pause);
    co_await pause.async_wait(as_result);
  }
}

}  // namespace lars::net
