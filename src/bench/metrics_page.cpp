#include "bench/metrics_page.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/endpoint.hpp"

namespace lars::bench {
namespace {

constexpr timeval page_patience{5, 0};
constexpr std::string_view question = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

error failure_of_errno() {
  const bool late = errno == EAGAIN || errno == EWOULDBLOCK || errno == ETIMEDOUT;
  return {late ? errc::timeout : errc::connection_refused, std::string("/metrics: ") + std::strerror(errno)};
}

result<std::string> ask(int fd, std::uint32_t port) {
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &page_patience, sizeof page_patience);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(base::loopback);
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0) return failure_of_errno();
  if (::send(fd, question.data(), question.size(), MSG_NOSIGNAL) < 0) return failure_of_errno();
  std::string answer;
  std::array<char, 16384> piece;
  while (true) {
    const auto size = ::recv(fd, piece.data(), piece.size(), 0);
    if (size < 0) return failure_of_errno();
    if (size == 0) return answer;
    answer.append(piece.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

result<metrics_page> metrics_page::fetch(std::uint32_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failure_of_errno();
  auto answer = ask(fd, port);
  ::close(fd);
  if (!answer) return answer.error();
  const auto body = answer->find("\r\n\r\n");
  if (answer->find(" 200 ") > answer->find('\n') || body == std::string::npos)
    return {errc::bad_message, "/metrics is not answered with a page"};
  return metrics_page(answer->substr(body + 4));
}

std::uint64_t metrics_page::sum(std::string_view name, std::string_view label) const {
  double all = 0;
  for (std::size_t at = 0; at < text_.size();) {
    const auto end = std::min(text_.find('\n', at), text_.size());
    const auto line = std::string_view(text_).substr(at, end - at);
    at = end + 1;
    const auto space = line.rfind(' ');
    if (!line.starts_with(name) || space == std::string_view::npos || space < name.size()) continue;
    const auto labels = line.substr(name.size(), space - name.size());
    if (!labels.empty() && labels.front() != '{') continue;
    if (labels.find(label) == std::string_view::npos) continue;
    all += std::strtod(std::string(line.substr(space + 1)).c_str(), nullptr);
  }
  return static_cast<std::uint64_t>(all);
}

}  // namespace lars::bench
