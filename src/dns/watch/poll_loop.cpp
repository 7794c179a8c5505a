#include "dns/watch/poll_loop.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "log/log.hpp"

namespace lars::dns {

namespace asio = boost::asio;

poll_loop::poll_loop(poll_options options, poll_repository repository, table_updater& updater,
                     reconcile_loop& reconcile, publisher& routes, watch_stats& stats,
                     std::unique_ptr<loop_timer> timer)
    : storage_name_(std::move(options.storage_name)),
      interval_(options.interval),
      repository_(std::move(repository)),
      updater_(updater),
      reconcile_(reconcile),
      freshness_(routes.freshness()),
      sessions_(routes.stats()),
      stats_(stats),
      timer_(std::move(timer)) {
  freshness_.use(interval_);
}

void poll_loop::stop() {
  stopping_ = true;
  timer_->wake();
}

void poll_loop::set_interval(std::chrono::milliseconds interval) {
  interval_ = interval;
  freshness_.use(interval);
  timer_->wake();
}

asio::awaitable<bool> poll_loop::load() {
  while (!stopping_ && !detector_) {
    co_await reconcile_.before_load();
    const auto began = timer_->boot_time();
    const auto loaded = co_await load_once();
    if (loaded) {
      on_reached();
      freshness_.on_complete(began);
    } else {
      on_lost(loaded.error());
      co_await pause_until(timer_->now() + backoff_.next(random_()));
    }
  }
  co_return !stopping_;
}

// Counts the change rows before the routes are read: a row that is committed in between shows as late afterwards.
asio::awaitable<result<void>> poll_loop::load_once() {
  const auto before = co_await read_mark();
  if (!before) co_return before.error();
  const auto ids = late_change_finder::widest(change_detector::late_ids_end(*before));
  const auto counts = co_await repository_.count_changes(ids);
  if (!counts) co_return counts.error();
  auto loaded = co_await updater_.load();
  if (!loaded) co_return loaded.error();
  reconcile_.on_loaded(std::move(loaded->checksums));
  const auto now = timer_->now();
  detector_.emplace(loaded->mark, now);
  if (*counts) detector_->watch_late(*before, **counts, now);
  on_mark(loaded->mark);
  co_return result<void>();
}

asio::awaitable<void> poll_loop::run() {
  while (!stopping_) {
    auto next = timer_->now() + interval_;
    const auto began = timer_->boot_time();
    const auto complete = co_await poll_once(next);
    if (complete) {
      on_reached();
      if (*complete && reconcile_.trusts()) freshness_.on_complete(began);
    } else {
      on_lost(complete.error());
      next = timer_->now() + backoff_.next(random_());
    }
    if (peak_.has_passed(sessions_.subscriptions)) co_await updater_.return_memory();
    co_await pause_until(next);
  }
}

asio::awaitable<result<storage::change_mark>> poll_loop::read_mark() {
  updater_.on_poll(timer_->now());
  co_return co_await repository_.poll();
}

// Performs every step that one poll leads to and returns true. Steps left at `until` wait for the next poll, so that a
// large change does not hide a later one; each poll makes progress.
asio::awaitable<result<bool>> poll_loop::poll_once(base::time_point until) {
  const auto mark = co_await read_mark();
  if (!mark) co_return mark.error();
  on_mark(*mark);
  detector_->on_poll(*mark, timer_->now());
  bool refreshed = false;
  while (!stopping_) {
    auto step = detector_->next();
    if (step.what == poll_step::kind::wait) co_return true;
    if (refreshed && timer_->now() >= until) break;
    refreshed = refreshed || step.what == poll_step::kind::refresh;
    const auto outcome = co_await perform(std::move(step));
    if (!outcome) co_return outcome.error();
    freshness_.on_answer(timer_->boot_time());
  }
  co_return false;
}

asio::awaitable<result<void>> poll_loop::perform(poll_step step) {
  switch (step.what) {
    case poll_step::kind::wait:
      break;
    case poll_step::kind::read_changes: {
      const auto rows = co_await repository_.changes_after(step.after);
      if (!rows) co_return rows.error();
      detector_->on_changes(*rows);
      break;
    }
    case poll_step::kind::count_changes: {
      const auto began = timer_->now();
      const auto counts = co_await repository_.count_changes(step.ids);
      if (!counts) co_return counts.error();
      const auto found = counts->value_or(std::vector<storage::change_count>());
      stats_.late_changes += detector_->on_counts(found, began, timer_->now());
      break;
    }
    case poll_step::kind::read_ranges: {
      const auto rows = co_await repository_.changes_in(std::move(step.ranges));
      if (!rows) co_return rows.error();
      detector_->on_late_changes(*rows);
      break;
    }
    case poll_step::kind::refresh: {
      const auto refreshed = co_await updater_.refresh(step.modules);
      if (!refreshed) co_return refreshed.error();
      detector_->on_refreshed(step.modules);
      break;
    }
    case poll_step::kind::reconcile:
      reconcile_.request();
      break;
  }
  co_return result<void>();
}

asio::awaitable<void> poll_loop::pause_until(base::time_point when) {
  if (!stopping_) co_await timer_->wait_until(when);
}

void poll_loop::on_mark(const storage::change_mark& mark) {
  // Another server, whose history is unknown. The detector requests a reconcile as well.
  if (source_ && *source_ != mark.source) reconcile_.distrust();
  source_ = mark.source;
  freshness_.on_answer(timer_->boot_time());
  stats_.version = static_cast<std::uint64_t>(std::max<std::int64_t>(mark.version, 0));
}

void poll_loop::on_lost(const error& failure) {
  freshness_.on_lost();
  ++stats_.storage_failures;
  if (lost_at_) return;
  lost_at_ = timer_->now();
  log::warn("dns.storage_lost", {{"storage", storage_name_}, {"reason", failure.text()}});
}

void poll_loop::on_reached() {
  backoff_.reset();
  if (!lost_at_) return;
  const auto away = std::chrono::duration_cast<std::chrono::milliseconds>(timer_->now() - *lost_at_);
  lost_at_.reset();
  log::info("dns.storage_back", {{"storage", storage_name_}, {"away_ms", away.count()}});
  // Changes made meanwhile may have left nothing that a poll shows.
  reconcile_.distrust();
  reconcile_.request();
}

}  // namespace lars::dns
