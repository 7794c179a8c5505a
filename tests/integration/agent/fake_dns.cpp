#include "fake_dns.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace lars::test {
namespace {

constexpr int poll_ms = 5;

int listen_on(std::uint32_t& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t size = sizeof at;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener, 64) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error("fake dns cannot listen");
  port = ntohs(at.sin_port);
  return listener;
}

bool readable(int socket) {
  pollfd waiting{socket, POLLIN, 0};
  return ::poll(&waiting, 1, poll_ms) > 0;
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

std::uint64_t fake_digest(const std::vector<endpoint>& hosts) {
  std::uint64_t digest = 1469598103934665603u;
  for (const auto& one : hosts) digest = (digest ^ one.ip ^ (std::uint64_t{one.port} << 32)) * 1099511628211u;
  return digest | 1;
}

fake_dns::fake_dns(generation kind, std::uint32_t port) : kind_(kind), port_(port) { rise(); }

void fake_dns::rise() {
  dead_ = false;
  listener_ = listen_on(port_);
  acceptor_ = std::thread([this] { run_accept(); });
}

void fake_dns::die() {
  dead_ = true;
  if (acceptor_.joinable()) acceptor_.join();
  std::list<peer> peers;
  {
    const std::lock_guard hold(lock_);
    peers.swap(peers_);
  }
  for (auto& one : peers) one.thread.join();
  for (auto& one : peers) ::close(one.socket);
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
}

void fake_dns::run_accept() {
  while (!dead_) {
    if (silent_ || !readable(listener_) || silent_) {
      if (silent_) ::usleep(1000 * poll_ms);
      continue;
    }
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++connections_;
    const std::lock_guard hold(lock_);
    peers_.push_back({socket, std::thread([this, socket] { run_peer(socket); })});
  }
}

void fake_dns::run_peer(int socket) {
  proto::frame_reader reader(proto::stream_body_limit);
  std::array<char, 65536> buffer;
  while (!dead_) {
    // Looked at again after the wait: a stopped process reads nothing that arrives from then on.
    if (silent_ || !readable(socket) || silent_) {
      if (silent_) ::usleep(1000 * poll_ms);
      continue;
    }
    const auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got <= 0) return;
    reader.feed({buffer.data(), static_cast<std::size_t>(got)});
    proto::frame frame;
    std::string out;
    while (reader.next(frame) == proto::frame_reader::status::ready) out += answer(frame);
    const std::lock_guard hold(lock_);
    send_all(socket, out);
  }
}

std::string fake_dns::answer(const proto::frame& frame) {
  if (frame.id == static_cast<std::int32_t>(proto::message_id::ping)) {
    proto::ping ping;
    if (kind_ == generation::old || !proto::decode(frame.body, ping)) return {};
    const std::lock_guard hold(lock_);
    proto::pong pong{ping.token, proto::our_features};
    if (age_) pong.age_ms = static_cast<std::uint64_t>(age_->count());
    pong.state = state_;
    return proto::encode(pong);
  }
  proto::route_request request;
  if (frame.id != static_cast<std::int32_t>(proto::message_id::get_route_request) ||
      !proto::decode(frame.body, request))
    return {};
  const std::lock_guard hold(lock_);
  requests_.push_back(request);
  if (unusable_.contains(request.key))
    return proto::encode_extended({.key = request.key, .hosts = {}, .digest = request.known_digest, .unchanged = true});
  return encode(request.key, request.known_digest);
}

std::string fake_dns::encode(route_key key, std::uint64_t known_digest) const {
  proto::route_response response;
  response.key = key;
  const auto found = routes_.find(key);
  const auto hosts = found == routes_.end() ? std::vector<endpoint>() : found->second;
  if (kind_ == generation::modern) {
    response.digest = fake_digest(hosts);
    if (const auto own = settings_.find(key); own != settings_.end()) {
      response.settings = own->second;
      response.digest += std::hash<std::string>()(proto::digest_input({}, own->second));
    }
    response.unchanged = known_digest == response.digest;
    response.total_hosts = static_cast<std::uint32_t>(hosts.size());
  }
  if (!response.unchanged)
    for (const auto& one : hosts) response.hosts.push_back({one});
  bool cut = false;
  return kind_ == generation::modern ? proto::encode_extended(response) : proto::encode_plain(response, cut);
}

void fake_dns::stand(std::chrono::milliseconds age, proto::server_state state) {
  const std::lock_guard hold(lock_);
  age_ = age;
  state_ = state;
}

void fake_dns::know_nothing_of(route_key key) {
  const std::lock_guard hold(lock_);
  unusable_.insert(key);
}

void fake_dns::set_settings(route_key key, base::module_settings settings) {
  const std::lock_guard hold(lock_);
  settings_[key] = std::move(settings);
}

void fake_dns::set(route_key key, std::vector<endpoint> hosts) {
  const std::lock_guard hold(lock_);
  routes_[key] = std::move(hosts);
}

void fake_dns::push(route_key key, std::vector<endpoint> hosts) {
  const std::lock_guard hold(lock_);
  routes_[key] = std::move(hosts);
  const auto bytes = encode(key, 0);
  for (const auto& one : peers_) send_all(one.socket, bytes);
}

void fake_dns::send_everyone(const std::string& bytes) {
  const std::lock_guard hold(lock_);
  for (const auto& one : peers_) send_all(one.socket, bytes);
}

std::vector<proto::route_request> fake_dns::requests() const {
  const std::lock_guard hold(lock_);
  return requests_;
}

std::size_t fake_dns::requests_for(route_key key) const {
  const auto all = requests();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [key](const proto::route_request& one) { return one.key == key; }));
}

}  // namespace lars::test
