#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/endpoint.hpp"
#include "net/as_result.hpp"
#include "net/network.hpp"
#include "net/tcp_stream.hpp"
#include "net/timer.hpp"
#include "net/udp_server.hpp"

namespace lars::net {
namespace {

using namespace asio::experimental::awaitable_operators;
using asio::ip::tcp;

tcp::endpoint to_asio(endpoint where) {
  return {asio::ip::address_v4(where.ip), static_cast<std::uint16_t>(where.port)};
}

class tcp_listener final : public listener {
public:
  explicit tcp_listener(tcp::acceptor acceptor) : acceptor_(std::move(acceptor)) {}

  std::uint32_t port() const override { return acceptor_.local_endpoint().port(); }

  asio::awaitable<accepted> accept(asio::io_context& home) override {
    auto [failure, socket] = co_await acceptor_.async_accept(home, as_result);
    if (failure) co_return accepted{failure, nullptr};
    co_return accepted{{}, std::make_unique<tcp_stream>(std::move(socket))};
  }

  bool is_open() const override { return acceptor_.is_open(); }
  void close() noexcept override {
    error_code ignored;  // the acceptor may be closed already
    acceptor_.close(ignored);
  }

private:
  tcp::acceptor acceptor_;
};

class kernel_network final : public network {
public:
  asio::awaitable<result<std::unique_ptr<byte_stream>>> connect(endpoint where,
                                                                std::chrono::milliseconds deadline) override {
    const auto executor = co_await asio::this_coro::executor;
    tcp::socket socket(executor);
    timer late(executor, deadline);
    const auto outcome = co_await (socket.async_connect(to_asio(where), as_result) || late.async_wait(as_result));
    if (outcome.index() == 1) co_return error{errc::timeout, base::format_endpoint(where)};
    if (const auto failure = std::get<0>(std::get<0>(outcome)))
      co_return error{errc::connection_refused, base::format_endpoint(where) + ": " + failure.message()};
    co_return std::unique_ptr<byte_stream>(std::make_unique<tcp_stream>(std::move(socket)));
  }

  result<std::unique_ptr<listener>> listen(asio::io_context& context, endpoint where) override {
    const auto address = to_asio(where);
    tcp::acceptor acceptor(context);
    error_code failure;
    acceptor.open(address.protocol(), failure);
    if (!failure) acceptor.set_option(asio::socket_base::reuse_address(true), failure);
    if (!failure) acceptor.bind(address, failure);
    if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
    if (failure)
      return error{errc::connection_refused, "TCP " + base::format_endpoint(where) + ": " + failure.message()};
    return std::unique_ptr<listener>(std::make_unique<tcp_listener>(std::move(acceptor)));
  }

  result<std::unique_ptr<datagram_server>> bind(asio::io_context& context, endpoint where) override {
    auto server = std::make_unique<udp_server>(context, where);
    if (auto bound = server->listen(); !bound) return bound.error();
    return std::unique_ptr<datagram_server>(std::move(server));
  }
};

}  // namespace

network& system_network() {
  static kernel_network instance;
  return instance;
}

}  // namespace lars::net
