#include "agent_peer.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "base/clock.hpp"

namespace lars::test {

using std::chrono::milliseconds;

agent_peer::agent_peer(std::uint32_t port, char name)
    : id(*base::agent_id::from_bytes(std::string(16, name))),
      socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
    throw std::runtime_error("the reporter cannot be reached");
}

agent_peer::~agent_peer() { ::close(socket_); }

bool agent_peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd ready{socket_, POLLOUT, 0};
    if (::poll(&ready, 1, 1000) <= 0) return false;
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool agent_peer::report(std::uint64_t seq, std::uint64_t calls, std::size_t hosts) {
  proto::status_report report;
  report.key = {1, 1};
  report.ts = static_cast<std::uint32_t>(base::unix_seconds());
  report.agent = id;
  report.seq = seq;
  report.features = proto::our_features;
  for (std::uint32_t i = 0; i < hosts; ++i) {
    report.results.push_back({{0x0a000001 + i, 80}, 0, 0, false, {}});
    report.results.back().delta.succ = calls;
  }
  return send(proto::encode(report));
}

std::optional<std::string> agent_peer::frame(std::int32_t& id_of_frame, milliseconds deadline) {
  const auto until = base::clock::now() + deadline;
  proto::frame next;
  while (true) {
    if (reader_.next(next) == proto::frame_reader::status::ready) {
      id_of_frame = next.id;
      return std::string(next.body);
    }
    const auto left = std::chrono::ceil<milliseconds>(until - base::clock::now()).count();
    pollfd ready{socket_, POLLIN, 0};
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) return std::nullopt;
    char piece[65536];
    const auto size = ::recv(socket_, piece, sizeof piece, 0);
    if (size <= 0) return std::nullopt;
    reader_.feed({piece, static_cast<std::size_t>(size)});
  }
}

proto::pong agent_peer::standing() {
  send(proto::encode(proto::ping{1, proto::our_features}));
  std::int32_t kind = 0;
  while (const auto body = frame(kind, std::chrono::seconds(5))) {
    proto::pong answer;
    if (kind == static_cast<std::int32_t>(proto::message_id::pong) && proto::decode(*body, answer)) return answer;
  }
  throw std::runtime_error("the reporter does not answer");
}

std::optional<proto::status_answer> agent_peer::answer(milliseconds deadline) {
  const auto until = base::clock::now() + deadline;
  std::int32_t kind = 0;
  while (const auto body = frame(kind, std::chrono::ceil<milliseconds>(until - base::clock::now()))) {
    proto::status_answer read;
    if (kind == static_cast<std::int32_t>(proto::message_id::report_status_response) && proto::decode(*body, read))
      return read;
  }
  return std::nullopt;
}

bool agent_peer::acknowledged(std::uint64_t seq, milliseconds deadline) {
  const auto until = base::clock::now() + deadline;
  while (const auto said = answer(std::chrono::ceil<milliseconds>(until - base::clock::now())))
    if (said->agent == id && !said->resend && said->seq >= seq) return true;
  return false;
}

bool agent_peer::closed(milliseconds deadline) {
  const auto until = base::clock::now() + deadline;
  while (base::clock::now() < until) {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, 20) <= 0) continue;
    char piece[4096];
    if (::recv(socket_, piece, sizeof piece, 0) <= 0) return true;
  }
  return false;
}

}  // namespace lars::test
