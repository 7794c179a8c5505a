// Where exceptions end. One that reaches the edge of a handler, a session or a loop is a fault of ours or a lack of
// memory: it is logged with what was being done, counted, and costs that handler, session or turn of the loop alone.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string_view>
#include <utility>

namespace lars::net {

namespace asio = boost::asio;

// Counts the exception and logs `net.exception` with its reason; `doing` says what it interrupted, as "sending a push".
// Null does nothing. Any thread.
void note_exception(std::string_view doing, const std::exception_ptr& failure) noexcept;

// Exceptions noted since the start of the process. Any thread.
std::uint64_t noted_exceptions() noexcept;

// Calls f(). False if it threw.
template <class F>
bool fenced(std::string_view doing, F&& f) noexcept {
  try {
    std::forward<F>(f)();
    return true;
  } catch (...) {
    note_exception(doing, std::current_exception());
    return false;
  }
}

// Posts f to the executor or context; an exception of f ends there. REQUIRES: `doing` is a literal.
template <class Where, class F>
void post(Where&& where, std::string_view doing, F f) {
  asio::post(std::forward<Where>(where), [doing, f = std::move(f)]() mutable { fenced(doing, f); });
}

// For co_spawn: notes what ended the coroutine, if it was an exception. REQUIRES: `doing` is a literal.
inline auto note_end(std::string_view doing) {
  return [doing](const std::exception_ptr& failure) { note_exception(doing, failure); };
}

// Runs the context's handlers until it is stopped or out of work. The last fence: an exception that no other fence
// caught ends its handler, and the thread goes on.
void run_fenced(asio::io_context& context) noexcept;

// A loop that has to go on: co_awaits body() until it returns, anew after a pause whenever it threw. body() asks itself
// whether it is time to stop. REQUIRES: `doing` is a literal; what body refers to outlives the coroutine.
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
    note_exception(doing, failure);
    asio::steady_timer pause(co_await asio::this_coro::executor, restart_pause);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

}  // namespace lars::net
