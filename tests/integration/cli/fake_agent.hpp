// An agent as tests need it: one UDP socket whose every answer the test decides.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <lars/types.hpp>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "wire/messages.hpp"

namespace lars::test {

inline constexpr route_key module_key{1, 2};  // its transport is the first port

inline wire::get_host_response answer_to(const wire::get_host_request& question, endpoint where) {
  return {question.seq, question.key, 0, true, where};
}

inline std::string as_datagram(const wire::get_host_response& answer) {
  std::array<char, wire::small_answer_limit> room;
  return {room.data(), wire::encode(answer, std::span<char>(room))};
}

inline std::string host_answer(const wire::get_host_request& question, endpoint where) {
  return as_datagram(answer_to(question, where));
}

inline std::string code_answer(const wire::get_host_request& question, std::int32_t code) {
  return as_datagram({question.seq, question.key, code, false, {}});
}

// Lifetime: serves from construction to destruction on a thread of its own, which also calls the handler.
class fake_agent {
public:
  // Given each datagram and its number, from 1; returns what is sent back, in order.
  using handler = std::function<std::vector<std::string>(std::string_view datagram, int number)>;

  // `port` 0 = any.
  explicit fake_agent(handler answer, std::uint32_t port = 0)
      : answer_(std::move(answer)), fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    socklen_t size = sizeof address;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) < 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) < 0)
      throw std::runtime_error("no port for the fake agent");
    where_ = {INADDR_LOOPBACK, ntohs(address.sin_port)};
    const timeval look_up{0, 20'000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &look_up, sizeof look_up);
    thread_ = std::thread([this] { serve(); });
  }
  fake_agent(const fake_agent&) = delete;
  fake_agent& operator=(const fake_agent&) = delete;
  ~fake_agent() {
    stop_ = true;
    thread_.join();
    ::close(fd_);
  }

  endpoint where() const { return where_; }
  // Also called with each datagram, before the handler, and with who sent it. Before the first question.
  void on_datagram(std::function<void(std::string_view, const sockaddr_in&)> observer) {
    const std::lock_guard lock(guard_);
    observer_ = std::move(observer);
  }

  int received() const { return received_; }

  // Every datagram so far.
  std::vector<std::string> datagrams() {
    const std::lock_guard lock(guard_);
    return datagrams_;
  }

  // REQUIRES: the datagram outlives what is read: the key is a view of it.
  static wire::get_host_request question(std::string_view datagram) {
    wire::frame frame;
    wire::get_host_request asked;
    if (!wire::parse_datagram(datagram, frame) || !wire::decode(frame.body, asked)) return {};
    return asked;
  }

private:
  void serve() {
    std::array<char, 2048> room;
    while (!stop_) {
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const auto got = ::recvfrom(fd_, room.data(), room.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 0) continue;
      const std::string datagram(room.data(), static_cast<std::size_t>(got));
      {
        const std::lock_guard lock(guard_);
        datagrams_.push_back(datagram);
        if (observer_) observer_(datagram, from);
      }
      for (const auto& reply : answer_(datagram, ++received_))
        ::sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  const handler answer_;
  const int fd_;
  endpoint where_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> received_ = 0;
  std::mutex guard_;
  std::vector<std::string> datagrams_;                                  // guarded by guard_
  std::function<void(std::string_view, const sockaddr_in&)> observer_;  // guarded by guard_
  std::thread thread_;
};

}  // namespace lars::test
