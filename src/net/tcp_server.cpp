#include "net/tcp_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "base/endpoint.hpp"
#include "log/log.hpp"

namespace lars::net {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

asio::ip::tcp::endpoint to_asio(endpoint where) {
  return {asio::ip::address_v4(where.ip), static_cast<std::uint16_t>(where.port)};
}

// Ends one connection alone, whatever its handler threw.
auto session_end(std::shared_ptr<std::atomic<std::size_t>> connections) {
  return [connections = std::move(connections)](std::exception_ptr failure) {
    connections->fetch_sub(1, std::memory_order_relaxed);
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& what) {
      log::error("net.session_failed", {{"reason", what.what()}});
    }
  };
}

}  // namespace

tcp_server::tcp_server(io_pool& pool, tcp_server_config config)
    : pool_(pool),
      config_(config),
      acceptor_(pool.context(0)),
      connections_(std::make_shared<std::atomic<std::size_t>>(0)) {}

result<void> tcp_server::listen() {
  const auto where = to_asio(config_.where);
  boost::system::error_code failure;
  acceptor_.open(where.protocol(), failure);
  if (!failure) acceptor_.set_option(asio::socket_base::reuse_address(true), failure);
  if (!failure) acceptor_.bind(where, failure);
  if (!failure) acceptor_.listen(asio::socket_base::max_listen_connections, failure);
  if (failure)
    return {errc::connection_refused, "TCP " + base::format_endpoint(config_.where) + ": " + failure.message()};
  return {};
}

std::uint32_t tcp_server::port() const { return acceptor_.local_endpoint().port(); }

void tcp_server::start(serve handler) {
  asio::co_spawn(pool_.context(0), run_accept(std::move(handler)), [](std::exception_ptr failure) {
    if (failure) log::error("net.accept_failed", {{"reason", "unexpected exception"}});
  });
}

void tcp_server::stop() {
  asio::post(pool_.context(0), [this] {
    boost::system::error_code ignored;  // it may be closed already
    acceptor_.close(ignored);
  });
}

asio::awaitable<void> tcp_server::run_accept(serve handler) {
  while (acceptor_.is_open()) {
    const std::size_t context = next_context_++ % pool_.size();
    auto [failure, socket] = co_await acceptor_.async_accept(pool_.context(context), as_result);
    if (failure == asio::error::operation_aborted) co_return;
    if (failure) {
      // Most likely out of descriptors: the connection stays in the kernel's queue, so trying at once would spin.
      log::warn("net.accept_failed", {{"reason", failure.message()}});
      asio::steady_timer pause(pool_.context(0), std::chrono::milliseconds(100));
      co_await pause.async_wait(as_result);
      continue;
    }
    if (connections_->load(std::memory_order_relaxed) >= config_.max_connections) {
      log::warn("net.connection_refused", {{"reason", "max_connections"}, {"limit", config_.max_connections}});
      continue;  // the socket closes as it goes out of scope
    }
    connections_->fetch_add(1, std::memory_order_relaxed);
    auto connection = std::make_shared<tcp_connection>(std::move(socket), config_.limits);
    asio::co_spawn(pool_.context(context), handler(std::move(connection), context), session_end(connections_));
  }
}

}  // namespace lars::net
