// Where connections and datagrams come from: the system's TCP and UDP, or a network in memory for tests and
// simulations.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>

#include "net/byte_stream.hpp"
#include "net/datagram_server.hpp"

namespace lars::net {

struct accepted {
  error_code failure;
  std::unique_ptr<byte_stream> stream;  // null on failure
};

// Waits for connections at one address. Threads: owner context only.
class listener {
public:
  virtual ~listener() = default;
  virtual std::uint32_t port() const = 0;

  // The next connection, which then belongs to `home`. operation_aborted after close().
  virtual asio::awaitable<accepted> accept(asio::io_context& home) = 0;

  virtual bool is_open() const = 0;
  virtual void close() noexcept = 0;
};

// Lifetime: outlives its listeners, streams and servers. Threads: any thread.
class network {
public:
  virtual ~network() = default;

  // Connects from the context of the calling coroutine. errc::timeout if there is no answer within the deadline,
  // errc::connection_refused for every other failure; the text names the address.
  virtual asio::awaitable<result<std::unique_ptr<byte_stream>>> connect(endpoint where,
                                                                        std::chrono::milliseconds deadline) = 0;

  // Port 0 = any free one. errc::connection_refused with the reason (port in use, no such address).
  virtual result<std::unique_ptr<listener>> listen(asio::io_context& context, endpoint where) = 0;

  // A server of datagrams. Its run() must be called in this context. Errors like those of listen().
  virtual result<std::unique_ptr<datagram_server>> bind(asio::io_context& context, endpoint where) = 0;
};

// TCP and UDP of the system.
network& system_network();

}  // namespace lars::net
