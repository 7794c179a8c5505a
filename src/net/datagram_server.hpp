// Answers datagrams at one address: the system's UDP (net/udp_server.hpp), or a network in memory for tests and
// simulations.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <span>
#include <string_view>

namespace lars::net {

namespace asio = boost::asio;

// The size of the buffer for one answer: the maximum payload of a datagram over IPv4.
inline constexpr std::size_t reply_limit = 65507;

// Answers datagrams. Threads: the context of the server only.
class datagram_handler {
public:
  virtual ~datagram_handler() = default;

  // Writes the answer into `reply` (at least `reply_limit` bytes) and returns its size, 0 for none.
  virtual std::size_t on_datagram(std::string_view request, endpoint from, std::span<char> reply) = 0;

  // Called around each batch, for work shared by the batch. on_batch_end() is called even if on_datagram() threw.
  virtual void on_batch_begin() noexcept {}
  virtual void on_batch_end() {}
};

// Threads: its context only, except construction, port() and where noted.
class datagram_server {
public:
  virtual ~datagram_server() = default;
  virtual std::uint32_t port() const = 0;

  // Serves until stop(), then closes the socket. REQUIRES: the handler outlives the coroutine.
  virtual asio::awaitable<void> run(datagram_handler& handler) = 0;

  // Datagrams that the kernel dropped because the queue was full, as of the last full batch. Any thread.
  virtual std::uint64_t kernel_drops() const = 0;

  virtual void stop() = 0;  // any thread; requests that have arrived are still answered
};

}  // namespace lars::net
