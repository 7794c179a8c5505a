#include "bench/report_load.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace lars::bench {
namespace {

constexpr std::size_t hosts_a_module = 1000;
constexpr std::size_t results_a_report = 400;
constexpr std::size_t window_bytes = 1u << 20;

proto::call_result make_result(std::size_t host, base::random_source& random) {
  proto::call_result sample;
  sample.where = {0xC0A80000u + static_cast<std::uint32_t>(host), 8000};
  sample.delta.succ = 1 + random.below(50);
  sample.delta.err = random.below(3);
  sample.succ = 180 + static_cast<std::uint32_t>(sample.delta.succ);
  sample.err = static_cast<std::uint32_t>(sample.delta.err);
  // Latencies of one host fall into three neighbouring buckets.
  const std::size_t first = 2 + host % 8;
  for (std::uint64_t left = sample.delta.calls(), i = 0; i < 3; ++i) {
    const std::uint64_t here = i == 2 ? left : left / 2;
    sample.delta.latency[first + i] = here;
    sample.delta.latency_sum_us += here * base::latency_bound_us(first + i) * 3 / 4;
    left -= here;
  }
  return sample;
}

}  // namespace

std::vector<proto::status_report> make_reports(const report_load_size& size, std::size_t agent, std::uint32_t ts) {
  base::random_source random(size.seed * 1000 + agent);
  const std::size_t hosts = std::max<std::size_t>(1, size.keys / size.agents);
  const std::size_t modules = (hosts + hosts_a_module - 1) / hosts_a_module;
  std::size_t left = size.results / size.agents + (agent < size.results % size.agents ? 1 : 0);
  std::vector<proto::status_report> reports;
  while (left > 0) {
    const std::size_t module = random.below(static_cast<std::uint32_t>(modules));
    const std::size_t first = module * hosts_a_module, width = std::min(hosts_a_module, hosts - first);
    proto::status_report report;
    report.key = {1 + static_cast<std::int32_t>(module), 1};
    report.caller = 0x0A010000u + static_cast<std::uint32_t>(agent);
    report.ts = ts;
    for (; left > 0 && report.results.size() < results_a_report; --left)
      report.results.push_back(make_result(first + random.below(static_cast<std::uint32_t>(width)), random));
    reports.push_back(std::move(report));
  }
  return reports;
}

result<std::unique_ptr<report_agent>> report_agent::connect(std::uint32_t port,
                                                            std::vector<proto::status_report> reports) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return {errc::system_error, std::strerror(errno)};
  std::unique_ptr<report_agent> agent(new report_agent(socket, std::move(reports)));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) < 0)
    return {errc::connection_refused, std::strerror(errno)};
  return agent;
}

report_agent::report_agent(int socket, std::vector<proto::status_report> reports)
    : socket_(socket), reader_(proto::stream_body_limit) {
  auto random = base::random_source::from_system();
  const auto first = random();
  const auto agent = base::agent_id::from_draws(first, random());
  for (auto& report : reports) {
    report.agent = agent;
    report.seq = frames_.size() + 1;
    report.features = proto::our_features;
    frames_.push_back(proto::encode(report));
  }
}

report_agent::~report_agent() { ::close(socket_); }

result<void> report_agent::run(std::chrono::seconds patience) {
  auto last_progress = base::clock::now();
  while (acknowledged_ < frames_.size()) {
    pollfd ready{socket_, POLLIN, 0};
    if (send_some()) ready.events |= POLLOUT;
    if (::poll(&ready, 1, 1000) < 0 && errno != EINTR) return {errc::system_error, std::strerror(errno)};
    if (ready.revents & (POLLIN | POLLHUP | POLLERR)) {
      const std::size_t before = acknowledged_;
      if (auto read = read_some(); !read) return read;
      if (acknowledged_ != before) last_progress = base::clock::now();
    }
    if (base::clock::now() - last_progress > patience) return {errc::timeout, "the reporter acknowledges nothing"};
  }
  return {};
}

// True when the socket's buffer is full.
bool report_agent::send_some() {
  while (true) {
    if (unsent_.empty()) {
      if (next_ == frames_.size() || in_window_ >= window_bytes) return false;
      unsent_ = frames_[next_];
      in_window_ += unsent_.size();
      ++next_;
    }
    const auto sent = ::send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN;
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
}

result<void> report_agent::read_some() {
  std::array<char, 65536> piece;
  const auto size = ::recv(socket_, piece.data(), piece.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (size <= 0) return {errc::peer_closed, "the reporter closed the connection"};
  reader_.feed({piece.data(), static_cast<std::size_t>(size)});
  proto::frame next;
  while (true) {
    const auto status = reader_.next(next);
    if (status == proto::frame_reader::status::need_more) return {};
    proto::status_answer answer;
    if (status == proto::frame_reader::status::bad ||
        next.id != static_cast<std::int32_t>(proto::message_id::report_status_response) ||
        !proto::decode(next.body, answer))
      return {errc::bad_message, "the reporter sends no acknowledgement"};
    on_answer(answer);
  }
}

void report_agent::on_answer(const proto::status_answer& answer) {
  if (answer.resend) {
    // A half-written frame is finished first.
    while (next_ > answer.seq + (unsent_.empty() ? 0 : 1) && next_ > acknowledged_)
      in_window_ -= frames_[--next_].size();
    return;
  }
  for (; acknowledged_ < answer.seq && acknowledged_ < next_; ++acknowledged_)
    in_window_ -= frames_[acknowledged_].size();
}

}  // namespace lars::bench
