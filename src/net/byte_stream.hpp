// One end of a connection: bytes in order in both directions. The TCP socket is one (net/tcp_stream.hpp); tests and
// simulations have one in memory.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <lars/types.hpp>
#include <span>

#include "net/connection_limits.hpp"

namespace lars::net {

namespace asio = boost::asio;
using boost::system::error_code;

struct written {
  error_code failure;
  std::size_t bytes = 0;
};

// Threads: owner context only. One wait_readable() and one write_some() at a time.
class byte_stream {
public:
  virtual ~byte_stream() = default;

  // Waits until read_some() has bytes, an end or an error to tell. operation_aborted after close().
  virtual asio::awaitable<error_code> wait_readable() = 0;

  // Reads without waiting: asio::error::would_block if there is nothing, asio::error::eof after the peer's last byte.
  virtual std::size_t read_some(asio::mutable_buffer to, error_code& failure) = 0;

  // Waits until some of the bytes are taken. May be cancelled.
  virtual asio::awaitable<written> write_some(std::span<const asio::const_buffer> from) = 0;

  // Takes what fits without waiting.
  virtual std::size_t write_now(asio::const_buffer from, error_code& failure) = 0;

  // Ends our direction. The peer reads an end of file after the last byte.
  virtual void shutdown_send(error_code& failure) = 0;

  // Ends both directions and every wait. May be called again.
  virtual void close() noexcept = 0;

  // Lets the system find peers that vanished.
  virtual void keep_alive(const connection_limits& limits) = 0;

  virtual endpoint remote() const = 0;  // 0.0.0.0:0 if unknown
  virtual endpoint local() const = 0;   // the same
  virtual asio::any_io_executor executor() = 0;
};

}  // namespace lars::net
