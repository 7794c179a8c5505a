#include "dns/watch/route_watch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "net/fence.hpp"

namespace lars::dns {

namespace asio = boost::asio;

route_watch::route_watch(asio::any_io_executor executor, watch_threads& threads, watch_readers readers,
                         std::string storage_name, watch_intervals intervals, std::shared_ptr<publisher> routes,
                         time_source time)
    : executor_(executor),
      routes_(std::move(routes)),
      updater_(threads.watching, readers.watching, routes_, stats_, time),
      reconcile_(intervals.reconcile, reconcile_repository(threads.reconciling, std::move(readers.reconciling)),
                 updater_, stats_, std::make_unique<steady_loop_timer>(executor, time)),
      poll_({std::move(storage_name), intervals.poll}, poll_repository(threads.watching, std::move(readers.watching)),
            updater_, reconcile_, *routes_, stats_, std::make_unique<steady_loop_timer>(executor, time)) {
  // It outlives what it observes: only this watch changes routes.
  routes_->changes().observe(reconcile_);
}

void route_watch::start(std::function<void()> on_loaded) {
  on_loaded_ = std::move(on_loaded);
  spawn(&route_watch::run_polls);
}

void route_watch::spawn(loop body) {
  ++loops_;
  auto watch = net::keep_running("watching the database",
                                 [self = shared_from_this(), body] { return (self.get()->*body)(self); });
  asio::co_spawn(executor_, std::move(watch), [self = shared_from_this()](const std::exception_ptr& failure) {
    --self->loops_;
    net::log_exception("watching the database", failure);
  });
}

void route_watch::stop() {
  net::post(executor_, "stopping the watch", [self = shared_from_this()] {
    self->poll_.stop();
    self->reconcile_.stop();
  });
}

void route_watch::set_intervals(watch_intervals intervals) {
  net::post(executor_, "changing the intervals of the watch", [self = shared_from_this(), intervals] {
    self->poll_.set_interval(intervals.poll);
    self->reconcile_.set_interval(intervals.reconcile);
  });
}

// After an exception it starts anew and keeps the table it has.
asio::awaitable<void> route_watch::run_polls(std::shared_ptr<route_watch>) {
  if (!co_await poll_.load()) co_return;
  if (auto on_loaded = std::exchange(on_loaded_, {})) {
    on_loaded();
    spawn(&route_watch::run_reconciles);
  }
  co_await poll_.run();
}

asio::awaitable<void> route_watch::run_reconciles(std::shared_ptr<route_watch>) { co_await reconcile_.run(); }

}  // namespace lars::dns
