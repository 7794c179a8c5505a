#include "dns/watch/route_watch.hpp"

#include <malloc.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"

namespace lars::dns {
namespace {

namespace asio = boost::asio;
using net::as_result;

}  // namespace

route_watch::route_watch(asio::any_io_executor executor, watch_threads& threads, watch_readers readers,
                         std::string name, watch_intervals intervals, std::shared_ptr<publisher> routes,
                         time_source time)
    : executor_(executor),
      watching_(threads.watching),
      name_(std::move(name)),
      poll_interval_(intervals.poll),
      time_(std::move(time)),
      freshness_(routes->freshness()),
      sessions_(routes->stats()),
      updater_(threads.watching, std::move(readers.watching), std::move(routes), stats_),
      reconcile_(executor, threads.reconciling, std::move(readers.reconciling), updater_, stats_, intervals.reconcile),
      wake_(executor) {
  freshness_.use(intervals.poll);
}

void route_watch::start(std::function<void()> on_loaded) {
  on_loaded_ = std::move(on_loaded);
  spawn(&route_watch::run_watch);
}

void route_watch::spawn(loop body) {
  ++loops_;
  auto watch = net::keep_running("watching the database",
                                 [self = shared_from_this(), body] { return (self.get()->*body)(self); });
  asio::co_spawn(executor_, std::move(watch), [self = shared_from_this()](const std::exception_ptr& failure) {
    --self->loops_;
    net::note_exception("watching the database", failure);
  });
}

void route_watch::stop() {
  net::post(executor_, "steering the watch", [self = shared_from_this()] {
    self->stopping_ = true;
    self->wake_.cancel();
    self->reconcile_.stop();
  });
}

void route_watch::use(watch_intervals intervals) {
  net::post(executor_, "steering the watch", [self = shared_from_this(), intervals] {
    self->poll_interval_ = intervals.poll;
    self->freshness_.use(intervals.poll);
    self->wake_.cancel();
    self->reconcile_.use(intervals.reconcile);
  });
}

asio::awaitable<void> route_watch::run_watch(std::shared_ptr<route_watch>) {
  // Once: after an exception the watch goes on with the table it has.
  if (!detector_) co_await load();
  if (stopping_) co_return;
  if (auto serve = std::exchange(on_loaded_, {})) {
    serve();
    spawn(&route_watch::run_reconciles);
  }
  while (!stopping_) {
    auto next = time_.now() + poll_interval_;
    const auto began = time_.boot_time();
    const auto complete = co_await poll(next);
    if (complete) {
      on_reached();
      if (*complete && reconcile_.trusts()) freshness_.on_complete(began);
    } else {
      on_lost(complete.error());
      next = time_.now() + backoff_.next(random_());
    }
    co_await return_memory();
    co_await pause_until(next);
  }
}

// On the thread that asks the database: nobody waits for it but the next look.
asio::awaitable<void> route_watch::return_memory() {
  if (peak_.has_passed(sessions_.subscriptions)) co_await watching_.run([] { malloc_trim(0); });
}

asio::awaitable<void> route_watch::run_reconciles(std::shared_ptr<route_watch>) { co_await reconcile_.run(); }

asio::awaitable<void> route_watch::load() {
  while (!stopping_) {
    co_await reconcile_.before_load();
    const auto began = time_.boot_time();
    const auto loaded = co_await load_once();
    if (loaded) {
      on_reached();
      freshness_.on_complete(began);
      co_return;
    }
    on_lost(loaded.error());
    co_await pause_until(time_.now() + backoff_.next(random_()));
  }
}

// What is not committed yet when the rows are counted will show in them later.
asio::awaitable<result<void>> route_watch::load_once() {
  const auto before = co_await updater_.poll();
  if (!before) co_return before.error();
  const auto ids = late_change_finder::widest(change_detector::late_ids_end(*before));
  const auto counts = co_await updater_.count_changes(ids);
  if (!counts) co_return counts.error();
  const auto mark = co_await updater_.load();
  if (!mark) co_return mark.error();
  const auto now = time_.now();
  detector_.emplace(*mark, now);
  if (*counts) detector_->watch_late(*before, **counts, now);
  note(*mark);
  co_return result<void>();
}

// Does all that one look at the database leads to, and returns true. What is not done by `until` goes on after another
// look, so that a large change does not hide a later one; each look makes progress.
asio::awaitable<result<bool>> route_watch::poll(base::time_point until) {
  const auto mark = co_await updater_.poll();
  if (!mark) co_return mark.error();
  note(*mark);
  detector_->on_poll(*mark, time_.now());
  bool refreshed = false;
  while (!stopping_) {
    auto step = detector_->next();
    if (step.what == poll_step::kind::wait) co_return true;
    if (refreshed && time_.now() >= until) break;
    refreshed = refreshed || step.what == poll_step::kind::refresh;
    const auto outcome = co_await perform(std::move(step));
    if (!outcome) co_return outcome.error();
    freshness_.on_answer(time_.boot_time());
  }
  co_return false;
}

asio::awaitable<result<void>> route_watch::perform(poll_step step) {
  switch (step.what) {
    case poll_step::kind::wait:
      break;
    case poll_step::kind::read_changes: {
      const auto rows = co_await updater_.changes_after(step.after);
      if (!rows) co_return rows.error();
      detector_->on_changes(*rows);
      break;
    }
    case poll_step::kind::count_changes: {
      const auto began = time_.now();
      const auto counts = co_await updater_.count_changes(step.ids);
      if (!counts) co_return counts.error();
      const auto found = counts->value_or(std::vector<storage::change_count>());
      stats_.late_changes += detector_->on_counts(found, began, time_.now());
      break;
    }
    case poll_step::kind::read_ranges: {
      const auto rows = co_await updater_.changes_in(std::move(step.ranges));
      if (!rows) co_return rows.error();
      detector_->on_late_changes(*rows);
      break;
    }
    case poll_step::kind::refresh: {
      const auto rows = co_await updater_.refresh(step.modules);
      if (!rows) co_return rows.error();
      detector_->on_refreshed(step.modules);
      break;
    }
    case poll_step::kind::reconcile:
      reconcile_.demand();
      break;
  }
  co_return result<void>();
}

asio::awaitable<void> route_watch::pause_until(base::time_point when) {
  if (stopping_) co_return;
  wake_.expires_at(when);
  co_await wake_.async_wait(as_result);
}

void route_watch::note(const storage::change_mark& mark) {
  // Another server, whose past we do not know; the detector has everything compared.
  if (source_ && *source_ != mark.source) reconcile_.distrust();
  source_ = mark.source;
  freshness_.on_answer(time_.boot_time());
  stats_.version = static_cast<std::uint64_t>(std::max<std::int64_t>(mark.version, 0));
}

void route_watch::on_lost(const error& failure) {
  freshness_.on_lost();
  ++stats_.storage_failures;
  if (lost_at_) return;
  lost_at_ = time_.now();
  log::warn("dns.storage_lost", {{"storage", name_}, {"reason", failure.text()}});
}

void route_watch::on_reached() {
  backoff_.reset();
  if (!lost_at_) return;
  const auto away = std::chrono::duration_cast<std::chrono::milliseconds>(time_.now() - *lost_at_);
  lost_at_.reset();
  log::info("dns.storage_back", {{"storage", name_}, {"away_ms", away.count()}});
  // Whatever happened meanwhile may have left no trace that a poll shows.
  reconcile_.distrust();
  reconcile_.demand();
}

}  // namespace lars::dns
