#include "simulated_caller.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "net/as_result.hpp"
#include "net/timer.hpp"
#include "wire/features.hpp"

namespace lars::test {

namespace asio = boost::asio;

simulated_caller::simulated_caller(simulated_loop& loop, memory_network& network, endpoint self, endpoint agent,
                                   std::vector<route_key> modules, judge succeeds, std::uint64_t seed)
    : loop_(loop),
      network_(network),
      self_(self),
      agent_(agent),
      modules_(std::move(modules)),
      succeeds_(std::move(succeeds)),
      random_(seed) {}

asio::awaitable<void> simulated_caller::run() {
  while (!stopping_) {
    co_await pause(250, 500);
    co_await call();
  }
}

asio::awaitable<void> simulated_caller::call() {
  std::array<char, wire::small_datagram_limit> out;
  const auto key = modules_[random_.below(static_cast<std::uint32_t>(modules_.size()))];
  wire::get_host_request request{++seq_, key};
  request.features = wire::our_features;
  network_.send(self_, agent_, {out.data(), wire::encode(request, out)});
  co_await pause(1, 0);
  const auto datagram = receive();
  wire::frame frame;
  wire::get_host_response answer;
  if (!datagram || !wire::parse_datagram(*datagram, frame) || !wire::decode(frame.body, answer)) co_return;
  if (answer.seq != seq_ || !answer.has_host) co_return;
  co_await pause(1, 40);
  wire::report_request report{key, true, answer.where, succeeds_(answer.where) ? 0 : 1};
  report.call_id = answer.call_id;
  report.features = wire::our_features;
  if (network_.send(self_, agent_, {out.data(), wire::encode(report, out)})) ++reported_;
}

// The only datagram that waits.
std::optional<std::string> simulated_caller::receive() {
  auto& waiting = network_.received(self_);
  if (waiting.empty()) return std::nullopt;
  auto bytes = std::move(waiting.back().bytes);
  waiting.clear();
  return bytes;
}

asio::awaitable<void> simulated_caller::pause(std::uint32_t least_ms, std::uint32_t spread_ms) {
  const auto drawn = spread_ms == 0 ? 0 : random_.below(spread_ms);
  net::timer timer(loop_.context, std::chrono::milliseconds(least_ms + drawn));
  co_await timer.async_wait(net::as_result);
}

std::vector<endpoint> simulated_caller::route(route_key key) {
  std::array<char, wire::small_datagram_limit> out;
  network_.received(self_).clear();
  network_.send(self_, agent_, {out.data(), wire::encode(wire::caller_route_request{key}, out)});
  loop_.settle();
  std::vector<endpoint> hosts;
  wire::frame frame;
  route_key answered;
  const auto datagram = receive();
  if (datagram && wire::parse_datagram(*datagram, frame))
    wire::decode_caller_route(frame.body, answered, [&](endpoint where) { hosts.push_back(where); });
  std::ranges::sort(hosts);
  return hosts;
}

}  // namespace lars::test
