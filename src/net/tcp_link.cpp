#include "net/tcp_link.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/endpoint.hpp"
#include "net/as_result.hpp"

namespace lars::net {

using namespace asio::experimental::awaitable_operators;

asio::awaitable<result<std::shared_ptr<tcp_connection>>> connect(endpoint where, std::chrono::milliseconds deadline,
                                                                 connection_limits limits) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::socket socket(executor);
  asio::steady_timer timer(executor, deadline);
  const asio::ip::tcp::endpoint to(asio::ip::address_v4(where.ip), static_cast<std::uint16_t>(where.port));
  const auto outcome = co_await (socket.async_connect(to, as_result) || timer.async_wait(as_result));
  if (outcome.index() == 1) co_return error{errc::timeout, base::format_endpoint(where)};
  if (const auto failure = std::get<0>(std::get<0>(outcome)))
    co_return error{errc::connection_refused, base::format_endpoint(where) + ": " + failure.message()};
  co_return std::make_shared<tcp_connection>(std::move(socket), limits);
}

}  // namespace lars::net
