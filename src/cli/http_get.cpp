#include "cli/http_get.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/clock.hpp"
#include "base/endpoint.hpp"

namespace lars::cli {
namespace {

lars::error system_failure(int number) { return {errc::system_error, std::strerror(number)}; }

// Lifetime: one request. Threads: blocking.
class connection {
public:
  connection(base::time_point until, int socket) : until_(until), socket_(socket) {}
  ~connection() { ::close(socket_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  result<void> connect(endpoint where) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(where.port));
    address.sin_addr.s_addr = htonl(where.ip);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {};
    if (errno != EINPROGRESS) return refusal(errno);
    if (auto ready = wait(POLLOUT); !ready) return ready;
    int failure = 0;
    socklen_t size = sizeof failure;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &failure, &size);
    return failure == 0 ? result<void>() : refusal(failure);
  }

  result<void> send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return system_failure(errno);
      if (sent < 0)
        if (auto ready = wait(POLLOUT); !ready) return ready;
    }
    return {};
  }

  // Reads until the peer closes.
  result<std::string> receive(std::size_t most) {
    std::string all;
    std::array<char, 16384> buffer;
    while (true) {
      const auto received = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (received == 0) return all;
      if (received < 0 && errno != EAGAIN && errno != EINTR) return system_failure(errno);
      if (received < 0) {
        if (auto ready = wait(POLLIN); !ready) return ready.error();
        continue;
      }
      if (all.size() + static_cast<std::size_t>(received) > most) return errc::too_large;
      all.append(buffer.data(), static_cast<std::size_t>(received));
    }
  }

private:
  static result<void> refusal(int number) {
    if (number == ECONNREFUSED) return errc::connection_refused;
    return system_failure(number);
  }

  result<void> wait(short event) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - base::clock::now());
    if (left.count() <= 0) return errc::timeout;
    pollfd poll_set{socket_, event, 0};
    const int ready = ::poll(&poll_set, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return system_failure(errno);
    return ready == 0 ? result<void>(errc::timeout) : result<void>();
  }

  const base::time_point until_;
  const int socket_;
};

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// The value of a header field. Names are case-insensitive.
std::optional<std::string_view> field(std::string_view header, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  while (!header.empty()) {
    const auto line = header.substr(0, header.find("\r\n"));
    header.remove_prefix(std::min(line.size() + 2, header.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !std::ranges::equal(line.substr(0, colon), name, {}, lower)) continue;
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    if (begin == std::string_view::npos) return std::string_view();
    return line.substr(begin, line.find_last_not_of(" \t") + 1 - begin);
  }
  return std::nullopt;
}

}  // namespace

result<http_answer> parse_answer(std::string_view bytes) {
  if (bytes.empty()) return errc::peer_closed;
  const auto end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || bytes.size() < 12) return errc::bad_message;
  if (end == std::string_view::npos) return errc::peer_closed;
  const auto status = number<unsigned>(bytes.substr(9, 3));
  const auto header = bytes.substr(0, end);
  auto body = bytes.substr(end + 4);
  if (!status || field(header, "transfer-encoding")) return errc::bad_message;
  if (const auto text = field(header, "content-length")) {
    const auto length = number<std::size_t>(*text);
    if (!length) return errc::bad_message;
    if (*length > body.size()) return errc::peer_closed;
    body = body.substr(0, *length);
  }
  return http_answer{*status, std::string(body)};
}

result<http_answer> http_get(endpoint where, const std::string& target, const http_limits& limits) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return system_failure(errno);
  connection peer(base::clock::now() + limits.deadline, socket);
  if (auto connected = peer.connect(where); !connected) return connected.error();
  const auto host = base::format_endpoint(where);
  if (auto sent = peer.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"); !sent)
    return sent.error();
  const auto bytes = peer.receive(limits.bytes);
  if (!bytes) return bytes.error();
  return parse_answer(*bytes);
}

}  // namespace lars::cli
