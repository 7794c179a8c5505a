#include "bench/window_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>

#include "base/clock.hpp"
#include "client/udp_transport.hpp"
#include "wire/messages.hpp"

namespace lars::bench {
namespace {

constexpr timeval reply_patience{0, 200'000};

class window_client {
public:
  window_client(int fd, const load_config& config, std::size_t first_module)
      : fd_(fd), config_(config), next_module_(first_module) {}
  window_client(const window_client&) = delete;
  window_client& operator=(const window_client&) = delete;
  ~window_client() { ::close(fd_); }

  client_record run(const std::atomic<bool>& stop) {
    while (!stop.load(std::memory_order_relaxed)) {
      while (asked_at_.size() < config_.window) ask();
      take_answer();
    }
    return std::move(record_);
  }

private:
  void send(route_key key, std::span<const char> datagram) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(config_.target.ip);
    const auto port = config_.one_port ? config_.target.port : client::transport_port(config_.target.port, key);
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::sendto(fd_, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0)
      ++record_.errors;
  }

  void ask() {
    const route_key key = config_.modules[next_module_++ % config_.modules.size()];
    const auto size = wire::encode(wire::get_host_request{++seq_, key}, std::span<char>(room_));
    asked_at_.push_back(base::clock::now());
    send(key, {room_.data(), size});
  }

  void take_answer() {
    const auto size = ::recv(fd_, room_.data(), room_.size(), 0);
    if (size < 0) {
      record_.errors += asked_at_.size();
      asked_at_.clear();
      return;
    }
    if (asked_at_.empty()) return;
    wire::frame frame;
    wire::get_host_response answer;
    const bool host = wire::parse_datagram({room_.data(), static_cast<std::size_t>(size)}, frame) &&
                      wire::decode(frame.body, answer) && answer.has_host;
    const auto took = base::clock::now() - asked_at_.front();
    asked_at_.pop_front();
    if (!host) {
      ++record_.errors;
      return;
    }
    record_.nanoseconds.push_back(static_cast<std::uint32_t>(took.count()));
    if (!config_.report) return;
    const wire::report_request report{answer.key, true, answer.where, 0};
    send(answer.key, {room_.data(), wire::encode(report, std::span<char>(room_))});
  }

  const int fd_;
  const load_config& config_;
  std::size_t next_module_;
  std::uint32_t seq_ = 0;
  std::deque<base::time_point> asked_at_;
  std::array<char, wire::small_datagram_limit> room_;  // for a request, an answer or a report
  client_record record_;
};

}  // namespace

result<client_record> run_window_client(const load_config& config, std::size_t first_module,
                                        const std::atomic<bool>& stop) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {errc::system_error, std::strerror(errno)};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &reply_patience, sizeof reply_patience);
  return window_client(fd, config, first_module).run(stop);
}

}  // namespace lars::bench
