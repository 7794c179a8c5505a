// A TCP socket as a byte_stream.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "net/byte_stream.hpp"

namespace lars::net {

class tcp_stream final : public byte_stream {
public:
  explicit tcp_stream(asio::ip::tcp::socket socket);

  asio::awaitable<error_code> wait_readable() override;
  std::size_t read_some(asio::mutable_buffer to, error_code& failure) override;
  asio::awaitable<written> write_some(std::span<const asio::const_buffer> from) override;
  std::size_t write_now(asio::const_buffer from, error_code& failure) override;
  void shutdown_send(error_code& failure) override;
  void close() noexcept override;
  void keep_alive(const connection_limits& limits) override;
  endpoint remote() const override;
  endpoint local() const override;
  asio::any_io_executor executor() override { return socket_.get_executor(); }

private:
  asio::ip::tcp::socket socket_;
};

}  // namespace lars::net
