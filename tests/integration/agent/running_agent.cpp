#include "running_agent.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <thread>

namespace lars::test {

scratch_directory::scratch_directory() {
  char name[] = "/tmp/lars_agent_XXXXXX";
  if (::mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

caller::caller(std::uint32_t port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  const int room = 8 << 20;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("connect");
}

caller::~caller() { ::close(socket_); }

void caller::send(std::string_view datagram) { ::send(socket_, datagram.data(), datagram.size(), 0); }

std::string caller::receive(std::chrono::milliseconds deadline) {
  pollfd waiting{socket_, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(deadline.count())) <= 0) return {};
  const auto got = ::recv(socket_, room_.data(), room_.size(), 0);
  return {room_.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

std::optional<wire::get_host_response> caller::get_host(route_key key) {
  std::array<char, wire::small_datagram_limit> out;
  const auto seq = ++seq_;
  send({out.data(), wire::encode(wire::get_host_request{seq, key}, out)});
  const auto datagram = receive();
  wire::frame frame;
  wire::get_host_response response;
  if (!wire::parse_datagram(datagram, frame) || frame.id != 5 || !wire::decode(frame.body, response)) return {};
  if (response.seq != seq || response.key != key) return {};
  return response;
}

void caller::report(route_key key, endpoint where, std::int32_t code) {
  std::array<char, wire::small_datagram_limit> out;
  send({out.data(), wire::encode(wire::report_request{key, true, where, code}, out)});
}

std::vector<endpoint> caller::get_route(route_key key) {
  std::array<char, wire::small_datagram_limit> out;
  send({out.data(), wire::encode(wire::caller_route_request{key}, out)});
  const auto datagram = receive();
  std::vector<endpoint> hosts;
  wire::frame frame;
  route_key answered;
  if (!wire::parse_datagram(datagram, frame) || frame.id != 8) return {};
  if (!wire::decode_caller_route(frame.body, answered, [&](endpoint where) { hosts.push_back(where); })) return {};
  return hosts;
}

agent::agent_config in_turn() {
  agent::agent_config config;
  config.policy.kind = balance::policy_kind::lars;
  return config;
}

running_agent::running_agent(const std::filesystem::path& directory, std::vector<endpoint> dns,
                             agent::agent_config config) {
  config.listen = {0x7f000001, 0};
  config.dns = std::move(dns);
  config.state_dir = directory;
  role_ = std::make_unique<agent::role>(pool_, std::move(config));
  if (const auto listening = role_->listen(); !listening) throw std::runtime_error(listening.error().text());
  port_ = role_->port();
  pool_.start();
  role_->start();
}

double running_agent::metric(std::string_view name) const {
  const auto text = http::metrics_text(role_->metrics());
  const auto line = text.find('\n' + std::string(name) + ' ');
  return line == std::string::npos ? -1 : std::stod(text.substr(line + name.size() + 2));
}

void running_agent::stop() {
  if (!role_) return;
  role_->stop();
  pool_.stop();
  role_.reset();
}

bool has_hosts(caller& asking, route_key key, base::duration deadline) {
  return within(deadline, [&] {
    const auto answer = asking.get_host(key);
    return answer && answer->code == 0;
  });
}

std::string from_hex(std::string_view text) {
  std::string digits;
  for (const char one : text)
    if (one != ' ') digits += one;
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

}  // namespace lars::test
