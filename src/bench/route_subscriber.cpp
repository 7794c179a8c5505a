#include "bench/route_subscriber.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/clock.hpp"

namespace lars::bench {

result<std::unique_ptr<route_subscriber>> route_subscriber::connect(std::uint32_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return {errc::system_error, std::strerror(errno)};
  std::unique_ptr<route_subscriber> subscriber(new route_subscriber(socket));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) < 0)
    return {errc::connection_refused, std::strerror(errno)};
  return subscriber;
}

route_subscriber::~route_subscriber() { ::close(socket_); }

result<void> route_subscriber::ask(route_key key) {
  const std::string request = proto::encode(proto::route_request{key, 0, proto::our_features});
  const auto sent = ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) return {errc::peer_closed, "the dns takes no request"};
  return {};
}

result<proto::route_response> route_subscriber::wait_for(
    const std::function<bool(const proto::route_response&)>& matches, std::chrono::milliseconds patience) {
  const auto until = base::clock::now() + patience;
  while (true) {
    proto::frame next;
    const auto status = frames_.next(next);
    if (status == proto::frame_reader::status::bad) return {errc::bad_message, "the dns sends no frame"};
    if (status == proto::frame_reader::status::ready) {
      proto::route_response response;
      const bool is_route = next.id == static_cast<std::int32_t>(proto::message_id::get_route_response);
      if (is_route && proto::decode(next.body, response) && matches(response)) return response;
      continue;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - base::clock::now()).count();
    pollfd readable{socket_, POLLIN, 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) == 0) return {errc::timeout, "the dns is silent"};
    std::array<char, 65536> piece;
    const auto size = ::read(socket_, piece.data(), piece.size());
    if (size <= 0) return {errc::peer_closed, "the dns closed the connection"};
    frames_.feed({piece.data(), static_cast<std::size_t>(size)});
  }
}

}  // namespace lars::bench
