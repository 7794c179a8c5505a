// A UDP socket served in batches: Asio says when it is readable, recvmmsg and sendmmsg move up to 64 datagrams a call.
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

// Answers datagrams. Threads: the server's context only.
class datagram_handler {
public:
  virtual ~datagram_handler() = default;

  // Writes the answer into `reply` (at least 65,507 bytes) and returns its size, 0 for none.
  virtual std::size_t on_datagram(std::string_view request, endpoint from, std::span<char> reply) = 0;

  // Around each batch: a place for work that one batch shares. The end comes whatever happened in between.
  virtual void on_batch_begin() noexcept {}
  virtual void on_batch_end() {}
};

// Threads: its context only, except construction, listen() and port(). No allocation once it runs.
class udp_server {
public:
  // A burst that comes while the thread is busy waits in the kernel instead of being lost, up to `room` bytes of it; an
  // event says so where the kernel grants less.
  udp_server(asio::io_context& context, endpoint where, int room = 4 << 20);
  ~udp_server();

  // Binds. errc::connection_refused with the reason in words.
  result<void> listen();
  std::uint32_t port() const;

  // Serves until stop(), then closes the socket. REQUIRES: the handler outlives the coroutine; listen() succeeded.
  asio::awaitable<void> run(datagram_handler& handler);

  // Datagrams that the kernel dropped because its queue was full, as of the last time it was long. Any thread.
  std::uint64_t kernel_drops() const { return kernel_drops_.load(std::memory_order_relaxed); }

  void stop();  // any thread; what has arrived is still answered

private:
  struct batch;

  void ask_for_room();

  // One recvmmsg, its answers, one sendmmsg. Returns how many datagrams came.
  unsigned serve_batch(datagram_handler& handler);

  void note_kernel_drops();

  asio::ip::udp::socket socket_;
  const endpoint where_;
  const int room_;

  bool stopping_ = false;
  std::atomic<std::uint64_t> kernel_drops_{0};
  std::unique_ptr<batch> batch_;
};

}  // namespace lars::net
