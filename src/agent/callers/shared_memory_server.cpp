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

constexpr std::chrono::milliseconds epoch_length{100};  // load sums are refreshed so often

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
      collector_(
          modules, counters, stats_,
          {{[this](route_key key, std::uint64_t asker) { return want(key, limits_.find(asker)); }, links_.dns_is_there},
           links_.used,
           links_.drain_strays}),
      acceptor_(context, config, routes, limits_, collector_, stats_,
                [this](route_key key, caller_account* asker) { return want(key, asker); }),
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
    // Ticks that were missed are not made up for.
    timer_.expires_at(std::max(timer_.expiry() + config_.tick, base::clock::now()));
    tick();
  }
}

void shared_memory_server::tick() {
  const auto now = base::clock::now();
  const bool epoch = now >= next_epoch_;
  // First: callers announce anew what they count from here on.
  if (routes_ != nullptr) routes_->next_tick();
  for (const auto& one : acceptor_.callers()) {
    if (!one->attached) {
      caller_acceptor::end_if_silent(*one, now);
      continue;
    }
    // An exception over one caller's counters must not keep the others' from being read.
    bool sound = false;
    net::fenced("reading a caller's counters", [&] { sound = collector_.scan(*one, epoch, now); });
    if (!sound) one->socket().cancel();
  }
  collector_.finish_round(now);
  if (epoch) begin_epoch(now);
  if (routes_ != nullptr) routes_->beat(rate_.now());
}

void shared_memory_server::begin_epoch(base::time_point now) {
  next_epoch_ = std::max(next_epoch_ + epoch_length, now);
  ++epochs_;
  for (const auto& one : acceptor_.callers())
    if (one->attached) collector_.sweep(*one);
  collector_.finish_round(now);
  auto& active = modules_.active();
  active.take(now, [&](service_state& one) {
    if (one.refresh_load(now)) active.push(one);
  });
  collector_.settle_strays(now);
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

share::attach_status shared_memory_server::want(route_key key, caller_account* asker) {
  const std::function<bool()> may_ask = [this, asker] { return limits_.may_ask(asker); };
  return links_.want(key, may_ask);
}

}  // namespace lars::agent
