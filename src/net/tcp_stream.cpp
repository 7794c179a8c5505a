#include "net/tcp_stream.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "net/as_result.hpp"

namespace lars::net {
namespace {

// Returns 0.0.0.0:0 if the socket has no such end any more.
endpoint from_asio(const asio::ip::tcp::endpoint& end, const error_code& failure) {
  if (failure || !end.address().is_v4()) return {};
  return {end.address().to_v4().to_uint(), end.port()};
}

}  // namespace

tcp_stream::tcp_stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
  error_code ignored;  // without the option small answers are only slower
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

asio::awaitable<error_code> tcp_stream::wait_readable() {
  const auto [failure] = co_await socket_.async_wait(asio::socket_base::wait_read, as_result);
  co_return failure;
}

std::size_t tcp_stream::read_some(asio::mutable_buffer to, error_code& failure) {
  return socket_.read_some(to, failure);
}

asio::awaitable<written> tcp_stream::write_some(std::span<const asio::const_buffer> from) {
  const auto [failure, bytes] = co_await socket_.async_write_some(from, as_result);
  co_return written{failure, bytes};
}

std::size_t tcp_stream::write_now(asio::const_buffer from, error_code& failure) {
  return socket_.write_some(from, failure);
}

void tcp_stream::shutdown_send(error_code& failure) { socket_.shutdown(asio::ip::tcp::socket::shutdown_send, failure); }

void tcp_stream::close() noexcept {
  error_code ignored;  // it is closed in any case
  socket_.close(ignored);
}

// Ignores options that the kernel does not support; the others still apply.
void tcp_stream::keep_alive(const connection_limits& limits) {
  const int handle = socket_.native_handle();
  const auto set = [handle](int level, int name, int value) {
    ::setsockopt(handle, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(limits.keepalive_idle.count()));
  set(IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(limits.keepalive_interval.count()));
  set(IPPROTO_TCP, TCP_KEEPCNT, limits.keepalive_probes);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(limits.unacknowledged.count()));
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
}

endpoint tcp_stream::remote() const {
  error_code failure;
  const auto end = socket_.remote_endpoint(failure);
  return from_asio(end, failure);
}

endpoint tcp_stream::local() const {
  error_code failure;
  const auto end = socket_.local_endpoint(failure);
  return from_asio(end, failure);
}

}  // namespace lars::net
