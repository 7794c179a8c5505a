// Runs coroutines that wait for nothing.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace lars::test {

template <class T>
T run_now(boost::asio::awaitable<T> work) {
  boost::asio::io_context context;
  std::optional<T> result;
  std::exception_ptr failed;
  boost::asio::co_spawn(context, std::move(work), [&](const std::exception_ptr& failure, T value) {
    failed = failure;
    result = std::move(value);
  });
  context.run();
  if (failed) std::rethrow_exception(failed);
  return *std::move(result);
}

}  // namespace lars::test
