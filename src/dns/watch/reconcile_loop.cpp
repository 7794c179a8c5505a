#include "dns/watch/reconcile_loop.hpp"

#include "log/log.hpp"

namespace lars::dns {

namespace asio = boost::asio;

reconcile_loop::reconcile_loop(std::chrono::seconds interval, reconcile_repository repository, table_updater& updater,
                               watch_stats& stats, std::unique_ptr<loop_timer> timer)
    : repository_(std::move(repository)),
      updater_(updater),
      stats_(stats),
      timer_(std::move(timer)),
      schedule_(interval, timer_->now()) {}

asio::awaitable<void> reconcile_loop::before_load() {
  const auto began = timer_->now();
  const auto sign = co_await repository_.change_stamp();
  decider_.on_sign_before_load(sign ? *sign : std::nullopt, began);
}

void reconcile_loop::on_routes_changed(std::span<const route_change> changes) {
  for (const auto& change : changes) decider_.on_changed(change.key);
}

void reconcile_loop::request() {
  schedule_.request();
  timer_->wake();
}

void reconcile_loop::set_interval(std::chrono::seconds interval) {
  schedule_.set_interval(interval);
  timer_->wake();
}

void reconcile_loop::stop() {
  stopping_ = true;
  timer_->wake();
}

asio::awaitable<void> reconcile_loop::wait_for_start() {
  // A request ends the wait early, so the condition is checked again.
  while (!stopping_ && timer_->now() < schedule_.next()) co_await timer_->wait_until(schedule_.next());
}

// Ends early when stopped; a request or another interval does not end it.
asio::awaitable<void> reconcile_loop::pause(base::duration length) {
  const auto end = timer_->now() + length;
  while (!stopping_ && timer_->now() < end) co_await timer_->wait_until(end);
}

asio::awaitable<void> reconcile_loop::run() {
  while (true) {
    co_await wait_for_start();
    if (stopping_) co_return;
    schedule_.on_start(timer_->now());
    const auto outcome = co_await run_pass();
    on_outcome(outcome);
  }
}

asio::awaitable<result<void>> reconcile_loop::run_pass() {
  decider_.begin(timer_->now());
  while (true) {
    if (stopping_) co_return result<void>(errc::cancelled);
    auto step = decider_.next();
    if (step.what == reconcile_step::kind::done) co_return result<void>();
    const auto outcome = co_await perform(std::move(step));
    if (!outcome) co_return outcome.error();
  }
}

void reconcile_loop::on_outcome(const result<void>& outcome) {
  decider_.end(outcome.has_value());
  const auto now = timer_->now();
  if (outcome) {
    ++stats_.reconciles;
    backoff_.reset();
    failing_ = false;
    schedule_.on_end(now, true);
    return;
  }
  // The poll loop reports a database out of reach, which it notices first.
  const errc code = outcome.error().code;
  if (!failing_ && code != errc::unavailable && code != errc::cancelled)
    log::warn("dns.reconcile_failed", {{"reason", outcome.error().text()}});
  failing_ = true;
  schedule_.on_end(now, false, backoff_.next(random_()));
}

asio::awaitable<result<void>> reconcile_loop::perform(reconcile_step step) {
  using kind = reconcile_step::kind;
  switch (step.what) {
    case kind::read_sign: {
      const auto sign = co_await repository_.change_stamp();
      if (!sign) co_return sign.error();
      decider_.on_sign(*sign);
      break;
    }
    case kind::read_sums:
      co_return co_await read_sums(step.reconnect);
    case kind::pause:
      co_await pause(reconcile_decider::reread_interval);
      decider_.on_paused();
      break;
    case kind::reconnect_updates:
      co_await updater_.reconnect();
      decider_.on_reconnected();
      compared_at_ = timer_->now();
      break;
    case kind::read_members: {
      const auto members = co_await repository_.modules_in(std::move(step.ranges));
      if (!members) co_return members.error();
      decider_.on_members(*members);
      break;
    }
    case kind::refresh:
    case kind::refresh_settings:
      co_return co_await refresh(std::move(step));
    case kind::routes_compared: {
      const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(timer_->now() - compared_at_);
      if (step.ranges_read + step.modules_read > 0)
        log::info("dns.reconciled",
                  {{"ranges", step.ranges_read}, {"modules", step.modules_read}, {"ms", elapsed.count()}});
      break;
    }
    case kind::read_settings:
      co_return co_await read_settings();
    case kind::settings_compared:
      if (step.modules_read > 0) log::info("dns.reconciled", {{"settings", step.modules_read}});
      break;
    case kind::done:
      break;
  }
  co_return result<void>();
}

asio::awaitable<result<void>> reconcile_loop::read_sums(bool reconnect) {
  auto sums = co_await repository_.range_sums(reconnect);
  if (!sums) co_return sums.error();
  const auto check = decider_.on_sums(std::move(*sums));
  compared_at_ = timer_->now();
  if (!check.accepted && check.reads == 1)
    log::warn("dns.rows_vanished", {{"held", check.held}, {"found", check.found}});
  if (check.accepted && check.reads > 1)
    log::info("dns.looked_again", {{"held", check.held}, {"found", check.found}, {"looks", check.reads}});
  co_return result<void>();
}

asio::awaitable<result<void>> reconcile_loop::refresh(reconcile_step step) {
  const bool of_routes = step.what == reconcile_step::kind::refresh;
  const auto checksums = co_await updater_.refresh(std::move(step.modules), step.how);
  if (!checksums) co_return checksums.error();
  if (of_routes) decider_.on_refreshed(*checksums);
  co_return result<void>();
}

// The settings may change while RouteData does not. They are few enough to be read whole.
asio::awaitable<result<void>> reconcile_loop::read_settings() {
  auto rows = co_await repository_.all_settings();
  if (!rows) co_return rows.error();
  auto modules = co_await updater_.differing_settings(std::move(*rows));
  if (!modules) co_return modules.error();
  decider_.on_settings(std::move(*modules));
  co_return result<void>();
}

}  // namespace lars::dns
