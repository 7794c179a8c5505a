#include "net/udp_server.hpp"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <vector>

#include "base/endpoint.hpp"
#include "log/log.hpp"
#include "net/fence.hpp"

namespace lars::net {
namespace {

constexpr unsigned batch_size = 64;
constexpr int rounds_per_wake = 16;
constexpr std::size_t request_room = 2048;  // a longer datagram is none of ours; the kernel marks it as truncated
constexpr std::size_t reply_limit = 65507;  // what a datagram over IPv4 can carry
constexpr std::size_t reply_room = 2 * reply_limit;

endpoint to_endpoint(const sockaddr_in& from) { return {ntohl(from.sin_addr.s_addr), ntohs(from.sin_port)}; }

}  // namespace

// The buffers of one round of recvmmsg and sendmmsg. Answers are packed one behind the other.
struct udp_server::batch {
  std::array<mmsghdr, batch_size> in{};
  std::array<iovec, batch_size> in_parts{};
  std::array<sockaddr_in, batch_size> from{};
  std::vector<char> requests = std::vector<char>(batch_size * request_room);

  std::array<mmsghdr, batch_size> out{};
  std::array<iovec, batch_size> out_parts{};
  std::vector<char> replies = std::vector<char>(reply_room);
  unsigned queued = 0;
  std::size_t used = 0;

  void prepare_receive() {
    for (unsigned i = 0; i < batch_size; ++i) {
      in_parts[i] = {requests.data() + i * request_room, request_room};
      in[i].msg_hdr = {};
      in[i].msg_hdr.msg_name = &from[i];
      in[i].msg_hdr.msg_namelen = sizeof from[i];
      in[i].msg_hdr.msg_iov = &in_parts[i];
      in[i].msg_hdr.msg_iovlen = 1;
    }
  }

  std::span<char> free_room() { return std::span(replies).subspan(used); }

  void queue_reply(std::size_t size, unsigned request) {
    out_parts[queued] = {replies.data() + used, size};
    out[queued].msg_hdr = {};
    out[queued].msg_hdr.msg_name = &from[request];
    out[queued].msg_hdr.msg_namelen = sizeof from[request];
    out[queued].msg_hdr.msg_iov = &out_parts[queued];
    out[queued].msg_hdr.msg_iovlen = 1;
    ++queued;
    used += size;
  }

  // A datagram that cannot be sent (the peer's port is closed, buffers are full) is lost, as datagrams may be; those
  // behind it still go.
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

udp_server::udp_server(asio::io_context& context, endpoint where, int room)
    : socket_(context), where_(where), room_(room), batch_(std::make_unique<batch>()) {}

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
  ask_for_room();
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  return {};
}

void udp_server::ask_for_room() {
  boost::system::error_code ignored;  // the kernel may grant less
  socket_.set_option(asio::socket_base::receive_buffer_size(room_), ignored);
  socket_.set_option(asio::socket_base::send_buffer_size(room_), ignored);
  asio::socket_base::receive_buffer_size granted;
  socket_.get_option(granted, ignored);
  if (!ignored && granted.value() < room_)
    log::info("net.small_receive_buffer", {{"port", port()},
                                           {"bytes", granted.value()},
                                           {"wanted", room_},
                                           {"advice", "raise the kernel's net.core.rmem_max"}});
}

std::uint32_t udp_server::port() const { return socket_.local_endpoint().port(); }

asio::awaitable<void> udp_server::run(datagram_handler& handler) {
  bool last = false;
  while (!last) {
    if (!stopping_) {
      const auto [failure] =
          co_await socket_.async_wait(asio::socket_base::wait_read, asio::as_tuple(asio::use_awaitable));
      if (failure && failure != asio::error::operation_aborted) {
        log::error("net.udp_wait_failed", {{"reason", failure.message()}});
        break;
      }
    }
    last = stopping_;  // what has arrived by now is still answered
    // A full batch says that more is there, and waiting costs a system call; under a flood the context still gets its
    // turn.
    for (int round = 0; round < rounds_per_wake && serve_batch(handler) == batch_size; ++round) continue;
  }
  boost::system::error_code ignored;  // it is given up whatever the kernel says
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
    // A truncated datagram is handed on cut: its header's length then disagrees and the handler counts it as rubbish.
    const std::string_view request(static_cast<const char*>(b.in_parts[i].iov_base), b.in[i].msg_len);
    std::size_t size = 0;
    fenced("answering a datagram", [&] { size = handler.on_datagram(request, to_endpoint(b.from[i]), b.free_room()); });
    if (size > 0) b.queue_reply(size, i);
    if (b.free_room().size() < reply_limit) b.flush(socket_.native_handle());
  }
  b.flush(socket_.native_handle());
  fenced("ending a batch of datagrams", [&handler] { handler.on_batch_end(); });
  // Only a queue that was long can have been full.
  if (received == batch_size) note_kernel_drops();
  return received;
}

void udp_server::note_kernel_drops() {
  std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t size = sizeof figures;
  if (::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_MEMINFO, figures.data(), &size) == 0)
    kernel_drops_.store(figures[SK_MEMINFO_DROPS], std::memory_order_relaxed);
}

void udp_server::stop() {
  post(socket_.get_executor(), "closing a UDP port", [this] {
    stopping_ = true;
    boost::system::error_code ignored;  // nothing may be waiting
    socket_.cancel(ignored);
  });
}

}  // namespace lars::net
