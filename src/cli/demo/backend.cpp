#include "cli/demo/backend.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/endpoint.hpp"

namespace lars::cli::demo {
namespace {

constexpr int stop_check_ms = 50;     // interval of checks for stop
constexpr int request_wait_ms = 200;  // deadline for the request of a caller

bool readable(int fd, int milliseconds) {
  pollfd event{fd, POLLIN, 0};
  return ::poll(&event, 1, milliseconds) > 0;
}

}  // namespace

result<std::unique_ptr<backend>> backend::start() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return {errc::system_error, std::strerror(errno)};
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(base::loopback);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, any, size) < 0 || ::listen(fd, SOMAXCONN) < 0 || ::getsockname(fd, any, &size) < 0) {
    const int reason = errno;
    ::close(fd);
    return {errc::system_error, std::strerror(reason)};
  }
  return std::unique_ptr<backend>(new backend(fd, {base::loopback, ntohs(address.sin_port)}));
}

backend::backend(int listener, endpoint where) : listener_(listener), where_(where), thread_([this] { serve(); }) {}

backend::~backend() {
  stopping_ = true;
  thread_.join();
  ::close(listener_);
}

void backend::serve() {
  while (!stopping_) {
    if (!readable(listener_, stop_check_ms)) continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) continue;
    if (!failing_) answer(connection);
    ::close(connection);
  }
}

void backend::answer(int connection) {
  char byte = 0;
  if (!readable(connection, request_wait_ms) || ::recv(connection, &byte, 1, 0) != 1) return;
  // The send may fail if the caller has closed the connection.
  [[maybe_unused]] const auto sent = ::send(connection, &byte, 1, MSG_NOSIGNAL);
}

}  // namespace lars::cli::demo
