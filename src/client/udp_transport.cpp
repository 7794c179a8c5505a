#include "client/udp_transport.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/endpoint.hpp"
#include "client/retcodes.hpp"
#include "client/wait_readable.hpp"
#include "wire/features.hpp"
#include "wire/messages.hpp"

namespace lars::client {
namespace {

constexpr std::size_t answer_room =
    2048;  // more than any answer to get_host(), with fields that later versions may add

sockaddr_in address_of(endpoint where) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(where.ip);
  address.sin_port = htons(static_cast<std::uint16_t>(where.port));
  return address;
}

timeval timeval_of(std::chrono::milliseconds span) {
  return {static_cast<time_t>(span.count() / 1000), static_cast<suseconds_t>((span.count() % 1000) * 1000)};
}

wire::get_host_request question_of(route_key key, const pick_options& options) {
  wire::get_host_request question;
  question.key = key;
  question.pick_key = options.key;
  for (const endpoint where : options.exclude.first(std::min(options.exclude.size(), wire::exclude_list::limit)))
    question.exclude.add(where);
  question.cost = options.cost;
  question.features = wire::our_features;
  return question;
}

// A full queue loses datagrams as any network does: send again.
bool is_loss(int code) { return code == EAGAIN || code == EWOULDBLOCK || code == ENOBUFS || code == EINTR; }

}  // namespace

result<udp_transport> udp_transport::open(const udp_transport_config& config) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {errc::system_error, std::strerror(errno)};
  // An attempt waits inside recvfrom(): usually one system call a pick.
  const timeval patience = timeval_of(std::max(config.limits.deadline / 2, std::chrono::milliseconds(1)));
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::uint32_t first_seq = 0;
  // A random start, so that an answer to the socket that had this port before does not match.
  if (::getrandom(&first_seq, sizeof first_seq, GRND_NONBLOCK) < 0) first_seq = static_cast<std::uint32_t>(::getpid());
  return udp_transport(fd, config, first_seq);
}

udp_transport::udp_transport(int fd, const udp_transport_config& config, std::uint32_t first_seq)
    : config_(config), fd_(fd), seq_(first_seq) {}

udp_transport::udp_transport(udp_transport&& other) noexcept
    : config_(other.config_),
      fd_(std::exchange(other.fd_, -1)),
      peer_port_(other.peer_port_),
      seq_(other.seq_),
      agent_was_here_(other.agent_was_here_),
      route_buffer_(std::move(other.route_buffer_)) {}

udp_transport& udp_transport::operator=(udp_transport&& other) noexcept {
  if (this == &other) return *this;
  if (fd_ >= 0) ::close(fd_);
  config_ = other.config_;
  fd_ = std::exchange(other.fd_, -1);
  peer_port_ = other.peer_port_;
  seq_ = other.seq_;
  agent_was_here_ = other.agent_was_here_;
  route_buffer_ = std::move(other.route_buffer_);
  return *this;
}

udp_transport::~udp_transport() {
  if (fd_ >= 0) ::close(fd_);
}

template <class T, class Encode, class Match>
result<T> udp_transport::ask(route_key key, const ask_limits& limits, std::span<char> buffer, Encode encode,
                             Match match) {
  ask_plan plan(limits, base::clock::now());
  // The socket's own timeout is half the configured deadline. Any other wait uses poll().
  const bool configured = limits.deadline == config_.limits.deadline;
  std::array<char, wire::small_datagram_limit> question;
  while (true) {
    const std::uint32_t seq = ++seq_;
    const int unsent = send(key, {question.data(), encode(seq, std::span<char>(question))});
    if (unsent != 0 && unsent != ECONNREFUSED) return unreachable(unsent);
    bool refused = unsent != 0;
    std::optional<result<T>> answer;
    for (bool whole = configured && plan.whole_try(); !answer && !refused; whole = false) {
      const auto next = receive(buffer, plan.answer_until(), whole);
      refused = next.refused;
      if (next.datagram.empty()) break;
      agent_was_here_ = true;
      answer = match(seq, next.datagram);
    }
    auto next = ask_plan::action::give_up;
    if (refused)
      next = plan.on_refusal(base::clock::now(), agent_was_here_);
    else if (!answer)
      next = plan.on_silence(base::clock::now());
    else if (!*answer && answer->error().code == errc::no_such_module)
      next = plan.on_unknown_module(base::clock::now());
    if (next == ask_plan::action::ask_later) std::this_thread::sleep_for(plan.pause());
    if (next != ask_plan::action::give_up) continue;
    if (answer) return std::move(*answer);
    if (refused) return unreachable(ECONNREFUSED);
    disconnect();
    return errc::timeout;
  }
}

result<given_host> udp_transport::get_host(route_key key, const pick_options& options,
                                           std::optional<std::chrono::milliseconds> deadline) {
  if (options.key.size() > wire::pick_key_limit)
    return {errc::too_large, "a key of " + std::to_string(options.key.size()) + " bytes"};
  ask_limits limits = config_.limits;
  limits.deadline = deadline.value_or(limits.deadline);
  std::array<char, answer_room> buffer;
  auto question = question_of(key, options);
  const auto encode = [&question](std::uint32_t seq, std::span<char> out) {
    question.seq = seq;
    return wire::encode(question, out);
  };
  const auto match = [key](std::uint32_t seq, std::string_view datagram) -> std::optional<result<given_host>> {
    wire::frame frame;
    wire::get_host_response answer;
    if (!wire::parse_datagram(datagram, frame) ||
        frame.id != static_cast<std::int32_t>(wire::message_id::get_host_response))
      return std::nullopt;
    if (!wire::decode(frame.body, answer) || answer.seq != seq || answer.key != key) return std::nullopt;
    if (answer.code != static_cast<std::int32_t>(wire::retcode::success)) return errc_of(answer.code);
    if (!answer.has_host) return errc::bad_message;
    return given_host{answer.where, answer.call_id};
  };
  return ask<given_host>(key, limits, buffer, encode, match);
}

result<void> udp_transport::report(route_key key, endpoint where, std::int32_t retcode, std::uint32_t latency_us,
                                   std::uint64_t call_id, const report_extras& extras) {
  std::array<char, wire::small_datagram_limit> datagram;
  wire::report_request report{key, true, where, retcode, latency_us};
  report.cost = extras.cost;
  report.call_id = call_id;
  report.utilization = extras.load.utilization;
  report.qps = extras.load.qps;
  report.eps = extras.load.eps;
  report.features = wire::our_features;
  return send_report(key, {datagram.data(), wire::encode(report, std::span<char>(datagram))});
}

result<void> udp_transport::abandon(route_key key, endpoint where, std::uint64_t call_id) {
  std::array<char, wire::small_datagram_limit> datagram;
  wire::report_request report{key, true, where};
  report.call_id = call_id;
  report.abandoned = true;
  report.features = wire::our_features;
  return send_report(key, {datagram.data(), wire::encode(report, std::span<char>(datagram))});
}

result<std::vector<endpoint>> udp_transport::get_route(route_key key) {
  route_buffer_.resize(wire::datagram_limit);
  // These messages have no seq: a late answer for the same module is as good as this one.
  const auto encode = [key](std::uint32_t, std::span<char> out) {
    return wire::encode(wire::caller_route_request{key, wire::our_features}, out);
  };
  const auto match = [key](std::uint32_t, std::string_view datagram) -> std::optional<result<std::vector<endpoint>>> {
    wire::frame frame;
    if (!wire::parse_datagram(datagram, frame) ||
        frame.id != static_cast<std::int32_t>(wire::message_id::caller_route_response))
      return std::nullopt;
    route_key answered;
    std::vector<endpoint> hosts;
    if (!wire::decode_caller_route(frame.body, answered, [&](endpoint where) { hosts.push_back(where); }))
      return std::nullopt;
    if (answered != key) return std::nullopt;
    if (hosts.empty()) return errc::no_such_module;
    return hosts;
  };
  return ask<std::vector<endpoint>>(key, config_.limits, route_buffer_, encode, match);
}

result<void> udp_transport::send_report(route_key key, std::span<const char> datagram) {
  const int unsent = send(key, datagram);
  if (unsent != 0) return unreachable(unsent);
  return {};
}

result<void> udp_transport::check_delivery() {
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &code, &size) == 0 && code != 0) return unreachable(code);
  return {};
}

error udp_transport::unreachable(int code) const {
  const std::string why = code == ECONNREFUSED ? "connection refused" : std::strerror(code);
  return {errc::connection_refused, "no agent answers at " + base::format_endpoint(config_.agent) + ": " + why};
}

int udp_transport::connect_to(std::uint32_t port) {
  if (port == peer_port_) return 0;
  const sockaddr_in to = address_of({config_.agent.ip, port});
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return errno;
  peer_port_ = port;
  return 0;
}

// A connected socket keeps its local address, which the machine may have lost. After an attempt without an answer the
// next question is sent from a new socket.
void udp_transport::disconnect() {
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  (void)::connect(fd_, &nobody, sizeof nobody);
  peer_port_ = 0;
}

int udp_transport::send(route_key key, std::span<const char> datagram) {
  if (const int failed = connect_to(transport_port(config_.agent.port, key)); failed != 0) return failed;
  auto sent = ::send(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL);
  // The error may be of an earlier datagram, such as a report. This one was not sent; the kernel clears the error when
  // it reports it.
  if (sent < 0 && errno == ECONNREFUSED) sent = ::send(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL);
  return sent < 0 && !is_loss(errno) ? errno : 0;
}

udp_transport::heard udp_transport::receive(std::span<char> buffer, base::time_point until, bool whole) {
  while (true) {
    // The socket's timeout would be too long for the rest of an attempt.
    if (!whole && !wait_readable(fd_, until)) {
      if (base::clock::now() >= until) return {};
      continue;
    }
    const auto size = ::recv(fd_, buffer.data(), buffer.size(), whole ? 0 : MSG_DONTWAIT);
    if (size > 0) return {{buffer.data(), static_cast<std::size_t>(size)}, false};
    if (size < 0 && errno == ECONNREFUSED) return {{}, true};
    whole = false;
  }
}

}  // namespace lars::client
