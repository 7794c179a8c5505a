#include "agent/callers/shared_memory_server.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <utility>

#include "net/as_result.hpp"
#include "net/fence.hpp"

namespace lars::agent {
namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

constexpr std::chrono::milliseconds epoch_length{100};  // the interval of load refreshes

}  // namespace

shared_memory_server::shared_memory_server(asio::io_context& context, const agent_config& config,
                                           share::routes_memory* routes, base::tick_meter meter, base::tick_rate rate,
                                           service_index& modules, call_counters* counters, shared_memory_links links)
    : config_(config),
      routes_(routes),
      meter_(meter),
      rate_(rate),
      modules_(modules),
      links_(std::move(links)),
      limits_(config, stats_),
      collector_(modules, counters, stats_,
                 {{[this](route_key key, std::uint64_t asker) { return request_module(key, limits_.find(asker)); },
                   links_.dns_connected},
                  links_.used,
                  links_.drain_strays}),
      acceptor_(context, config, routes, limits_, collector_, stats_,
                [this](route_key key, caller_account* asker) { return request_module(key, asker); }),
      timer_(context) {}

asio::awaitable<void> shared_memory_server::run() {
  next_epoch_ = base::clock::now() + epoch_length;
  co_await (net::keep_running("publishing to callers", [this] { return run_ticks(); }) &&
            net::keep_running("accepting callers", [this] { return acceptor_.run(); }));
  acceptor_.close_all();
  collector_.finish(base::clock::now());
  if (routes_ != nullptr) routes_->end();
}

void shared_memory_server::stop() {
  stopping_ = true;
  timer_.cancel();
  acceptor_.stop();
}

asio::awaitable<void> shared_memory_server::run_ticks() {
  timer_.expires_after(config_.tick);
  while (!stopping_) {
    co_await timer_.async_wait(net::as_result);
    if (stopping_) break;
    // Skip missed ticks.
    timer_.expires_at(std::max(timer_.expiry() + config_.tick, base::clock::now()));
    tick();
  }
}

void shared_memory_server::tick() {
  const auto now = base::clock::now();
  const bool epoch = now >= next_epoch_;
  // Advance the tick first: callers then announce in their dirty rings again what they count from here on.
  if (routes_ != nullptr) routes_->next_tick();
  for (const auto& peer : acceptor_.callers()) {
    if (!peer->attached) {
      caller_acceptor::end_if_silent(*peer, now);
      continue;
    }
    // An exception in one caller's counters must not prevent reading the others'.
    bool sound = false;
    net::fenced("reading a caller's counters", [&] { sound = collector_.scan(*peer, epoch, now); });
    if (!sound) peer->socket().cancel();
  }
  collector_.finish_round(now);
  if (epoch) begin_epoch(now);
  if (routes_ != nullptr) routes_->beat(rate_.now());
}

void shared_memory_server::begin_epoch(base::time_point now) {
  next_epoch_ = std::max(next_epoch_ + epoch_length, now);
  ++epochs_;
  for (const auto& peer : acceptor_.callers())
    if (peer->attached) collector_.sweep(*peer);
  collector_.finish_round(now);
  auto& active = modules_.active();
  active.drain(now, [&](service_state& module) {
    if (module.refresh_load(now)) active.push(module);
  });
  collector_.retry_strays(now);
  const auto turn = epochs_ % counter_collector::sweeps_a_turn;
  if (turn == 0) limits_.prune(now);
  if (routes_ == nullptr) return;
  routes_->next_epoch();
  if (turn == 1 && rate_.counts_cycles()) {
    rate_ = meter_.rate();
    routes_->set_rate(rate_);
  }
  acceptor_.update_stats();
}

share::attach_status shared_memory_server::request_module(route_key key, caller_account* asker) {
  const std::function<bool()> may_ask = [this, asker] { return limits_.may_ask(asker); };
  return links_.request_module(key, may_ask);
}

}  // namespace lars::agent
