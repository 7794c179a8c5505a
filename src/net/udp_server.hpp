// Serves a UDP socket in batches: Asio waits for input, recvmmsg and sendmmsg move up to 64 datagrams per call.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstddef>
#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <span>
#include <string_view>

namespace lars::net {

namespace asio = boost::asio;

// Answers datagrams. Threads: the context of the server only.
class datagram_handler {
public:
  virtual ~datagram_handler() = default;

  // Writes the answer into `reply` (at least 65,507 bytes) and returns its size, 0 for none.
  virtual std::size_t on_datagram(std::string_view request, endpoint from, std::span<char> reply) = 0;

  // Called around each batch, for work shared by the batch. on_batch_end() is called even if on_datagram() threw.
  virtual void on_batch_begin() noexcept {}
  virtual void on_batch_end() {}
};

// Threads: its context only, except construction, listen(), port() and where noted. Does not allocate while it runs.
class udp_server {
public:
  // `buffer_bytes` is the size of the socket buffers, in which bursts wait while the thread is busy. If the kernel
  // grants less, listen() logs net.small_receive_buffer.
  udp_server(asio::io_context& context, endpoint where, int buffer_bytes = 4 << 20);
  ~udp_server();

  // Binds. errc::connection_refused with the reason.
  result<void> listen();
  std::uint32_t port() const;

  // Serves until stop(), then closes the socket. REQUIRES: listen() succeeded; the handler outlives the coroutine.
  asio::awaitable<void> run(datagram_handler& handler);

  // Datagrams that the kernel dropped because the queue was full, as of the last full batch. Any thread.
  std::uint64_t kernel_drops() const { return kernel_drops_.load(std::memory_order_relaxed); }

  void stop();  // any thread; requests that have arrived are still answered

private:
  struct batch;

  void set_buffer_sizes();

  // Receives one batch and answers it. Returns the number of datagrams received.
  unsigned serve_batch(datagram_handler& handler);

  void read_kernel_drops();

  asio::ip::udp::socket socket_;
  const endpoint where_;
  const int buffer_bytes_;

  bool stopping_ = false;
  std::atomic<std::uint64_t> kernel_drops_{0};
  std::unique_ptr<batch> batch_;
};

}  // namespace lars::net
