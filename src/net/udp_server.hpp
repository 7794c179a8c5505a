// Serves a UDP socket in batches: Asio waits for input, recvmmsg and sendmmsg move up to 64 datagrams per call.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstddef>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>

#include "net/datagram_server.hpp"

namespace lars::net {

// Threads: its context only, except construction, listen(), port() and where noted. Does not allocate while it runs.
class udp_server final : public datagram_server {
public:
  // `buffer_bytes` is the size of the socket buffers, in which bursts wait while the thread is busy. If the kernel
  // grants less, listen() logs net.small_receive_buffer.
  udp_server(asio::io_context& context, endpoint where, int buffer_bytes = 4 << 20);
  ~udp_server() override;

  // Binds. errc::connection_refused with the reason.
  result<void> listen();
  std::uint32_t port() const override;

  // REQUIRES: listen() succeeded.
  asio::awaitable<void> run(datagram_handler& handler) override;
  std::uint64_t kernel_drops() const override { return kernel_drops_.load(std::memory_order_relaxed); }

  void stop() override;

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
