#include "http/run_until.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <exception>
#include <utility>

#include "net/as_result.hpp"

namespace lars::http {
namespace {

using namespace asio::experimental::awaitable_operators;

// Operator || waits for the first one that does not throw, so an exception is passed on as a value.
asio::awaitable<std::exception_ptr> failure_of(asio::awaitable<void> work) {
  try {
    co_await std::move(work);
    co_return nullptr;
  } catch (...) {
    co_return std::current_exception();
  }
}

asio::awaitable<void> wait(net::timer& until) { co_await until.async_wait(net::as_result); }

}  // namespace

asio::awaitable<bool> run_until(asio::awaitable<void> work, asio::awaitable<void> other) {
  const auto first = co_await (failure_of(std::move(work)) || failure_of(std::move(other)));
  if (first.index() == 1) co_return false;
  if (const auto failure = std::get<0>(first)) std::rethrow_exception(failure);
  co_return true;
}

asio::awaitable<bool> run_until(asio::awaitable<void> work, net::timer& limit) {
  return run_until(std::move(work), wait(limit));
}

}  // namespace lars::http
