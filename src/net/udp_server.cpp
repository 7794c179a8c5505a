#include "net/udp_server.hpp"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <vector>

#include "base/endpoint.hpp"
#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"

namespace lars::net {
namespace {

constexpr unsigned batch_size = 64;
constexpr int rounds_per_wake = 16;
constexpr std::size_t request_bytes = 2048;  // our requests are shorter; the kernel truncates longer datagrams
constexpr std::size_t reply_bytes = 2 * reply_limit;

endpoint to_endpoint(const sockaddr_in& from) { return {ntohl(from.sin_addr.s_addr), ntohs(from.sin_port)}; }

}  // namespace

// The buffers of one recvmmsg and sendmmsg. Answers are stored back to back.
struct udp_server::batch {
  std::array<mmsghdr, batch_size> in{};
  std::array<iovec, batch_size> in_vectors{};
  std::array<sockaddr_in, batch_size> from{};
  std::vector<char> requests = std::vector<char>(batch_size * request_bytes);

  std::array<mmsghdr, batch_size> out{};
  std::array<iovec, batch_size> out_vectors{};
  std::vector<char> replies = std::vector<char>(reply_bytes);
  unsigned queued = 0;
  std::size_t used = 0;

  void prepare_receive() {
    for (unsigned i = 0; i < batch_size; ++i) {
      in_vectors[i] = {requests.data() + i * request_bytes, request_bytes};
      in[i].msg_hdr = {};
      in[i].msg_hdr.msg_name = &from[i];
      in[i].msg_hdr.msg_namelen = sizeof from[i];
      in[i].msg_hdr.msg_iov = &in_vectors[i];
      in[i].msg_hdr.msg_iovlen = 1;
    }
  }

  std::span<char> free_space() { return std::span(replies).subspan(used); }

  void queue_reply(std::size_t size, unsigned request) {
    out_vectors[queued] = {replies.data() + used, size};
    out[queued].msg_hdr = {};
    out[queued].msg_hdr.msg_name = &from[request];
    out[queued].msg_hdr.msg_namelen = sizeof from[request];
    out[queued].msg_hdr.msg_iov = &out_vectors[queued];
    out[queued].msg_hdr.msg_iovlen = 1;
    ++queued;
    used += size;
  }

  // Drops an answer that cannot be sent (the port of the peer is closed, buffers are full) and still sends those after
  // it.
  void flush(int socket) {
    unsigned sent = 0;
    while (sent < queued) {
      const int count = ::sendmmsg(socket, out.data() + sent, queued - sent, MSG_DONTWAIT);
      sent += count > 0 ? static_cast<unsigned>(count) : 1;
    }
    queued = 0;
    used = 0;
  }
};

udp_server::udp_server(asio::io_context& context, endpoint where, int buffer_bytes)
    : socket_(context), where_(where), buffer_bytes_(buffer_bytes), batch_(std::make_unique<batch>()) {}

udp_server::~udp_server() = default;

result<void> udp_server::listen() {
  boost::system::error_code failure;
  const asio::ip::udp::endpoint at(asio::ip::address_v4(where_.ip), static_cast<std::uint16_t>(where_.port));
  socket_.open(asio::ip::udp::v4(), failure);
  if (!failure) socket_.bind(at, failure);
  if (failure) {
    boost::system::error_code ignored;
    socket_.close(ignored);
    return {errc::connection_refused, "UDP " + base::format_endpoint(where_) + ": " + failure.message()};
  }
  set_buffer_sizes();
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  return {};
}

void udp_server::set_buffer_sizes() {
  boost::system::error_code ignored;  // the kernel may grant less
  socket_.set_option(asio::socket_base::receive_buffer_size(buffer_bytes_), ignored);
  socket_.set_option(asio::socket_base::send_buffer_size(buffer_bytes_), ignored);
  asio::socket_base::receive_buffer_size granted;
  socket_.get_option(granted, ignored);
  if (!ignored && granted.value() < buffer_bytes_)
    log::info("net.small_receive_buffer", {{"port", port()},
                                           {"bytes", granted.value()},
                                           {"wanted", buffer_bytes_},
                                           {"advice", "raise the kernel's net.core.rmem_max"}});
}

std::uint32_t udp_server::port() const { return socket_.local_endpoint().port(); }

asio::awaitable<void> udp_server::run(datagram_handler& handler) {
  bool last = false;
  while (!last) {
    if (!stopping_) {
      const auto [failure] = co_await socket_.async_wait(asio::socket_base::wait_read, as_result);
      if (failure && failure != asio::error::operation_aborted) {
        log::error("net.udp_wait_failed", {{"reason", failure.message()}});
        break;
      }
    }
    last = stopping_;  // answer the requests that have arrived so far
    // After a full batch, read again instead of waiting, which would cost a system call. The number of rounds is
    // limited, so that other handlers of the context run during a flood.
    for (int round = 0; round < rounds_per_wake && serve_batch(handler) == batch_size; ++round) continue;
  }
  boost::system::error_code ignored;  // the socket is closed in any case
  socket_.close(ignored);
}

unsigned udp_server::serve_batch(datagram_handler& handler) {
  batch& b = *batch_;
  b.prepare_receive();
  const int count = ::recvmmsg(socket_.native_handle(), b.in.data(), batch_size, MSG_DONTWAIT, nullptr);
  if (count <= 0) return 0;
  const auto received = static_cast<unsigned>(count);
  handler.on_batch_begin();
  for (unsigned i = 0; i < received; ++i) {
    // The handler gets a truncated datagram as it is: its length does not match its header, so it is counted as
    // malformed.
    const std::string_view request(static_cast<const char*>(b.in_vectors[i].iov_base), b.in[i].msg_len);
    std::size_t size = 0;
    fenced("answering a datagram",
           [&] { size = handler.on_datagram(request, to_endpoint(b.from[i]), b.free_space()); });
    if (size > 0) b.queue_reply(size, i);
    if (b.free_space().size() < reply_limit) b.flush(socket_.native_handle());
  }
  b.flush(socket_.native_handle());
  fenced("ending a batch of datagrams", [&handler] { handler.on_batch_end(); });
  // The queue of the kernel can have overflowed only if it was long.
  if (received == batch_size) read_kernel_drops();
  return received;
}

void udp_server::read_kernel_drops() {
  std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t size = sizeof figures;
  if (::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_MEMINFO, figures.data(), &size) == 0)
    kernel_drops_.store(figures[SK_MEMINFO_DROPS], std::memory_order_relaxed);
}

void udp_server::stop() {
  post(socket_.get_executor(), "closing a UDP port", [this] {
    stopping_ = true;
    boost::system::error_code ignored;  // there may be no pending wait
    socket_.cancel(ignored);
  });
}

}  // namespace lars::net
