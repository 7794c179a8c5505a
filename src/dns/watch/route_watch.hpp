// Keeps the published table equal to the database: loads it, polls for announced changes, reconciles for silent ones.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/backoff.hpp"
#include "base/random.hpp"
#include "dns/sessions/publisher.hpp"
#include "dns/table/time_source.hpp"
#include "dns/watch/change_detector.hpp"
#include "dns/watch/memory_peak.hpp"
#include "dns/watch/reconcile_loop.hpp"
#include "dns/watch/table_updater.hpp"
#include "dns/watch/watch_intervals.hpp"
#include "dns/watch/watch_stats.hpp"
#include "net/blocking_pool.hpp"
#include "storage/route_reader.hpp"

namespace lars::dns {

// Where a watch waits for the database: one thread and one connection for what is polled and applied, one for long
// comparisons. Owned by the role, which joins the threads while the contexts still exist.
struct watch_threads {
  net::blocking_pool watching{1};
  net::blocking_pool reconciling{1};
};
struct watch_readers {
  std::shared_ptr<storage::route_reader> watching;
  std::shared_ptr<storage::route_reader> reconciling;
};

// Lifetime: shared by its own coroutines. Threads: `executor` (context 0) only, except where noted.
class route_watch : public std::enable_shared_from_this<route_watch> {
public:
  // `name` is what logs call the database.
  route_watch(boost::asio::any_io_executor executor, watch_threads& threads, watch_readers readers, std::string name,
              watch_intervals intervals, std::shared_ptr<publisher> routes, time_source time = {});

  // Starts. `on_loaded` is called once the table is published. Any thread, once.
  void start(std::function<void()> on_loaded);

  // At once. Any thread.
  void use(watch_intervals intervals);

  // Ends the loops, after the database call under way at most. Any thread.
  void stop();

  // Whether a loop still runs. Any thread.
  bool running() const { return loops_.load() > 0; }

  const watch_stats& stats() const { return stats_; }  // any thread

private:
  // Refers to a member coroutine; both loops keep the watch alive through the argument.
  using loop = boost::asio::awaitable<void> (route_watch::*)(std::shared_ptr<route_watch>);

  void spawn(loop body);
  boost::asio::awaitable<void> run_watch(std::shared_ptr<route_watch> self);
  boost::asio::awaitable<void> run_reconciles(std::shared_ptr<route_watch> self);

  boost::asio::awaitable<void> load();
  boost::asio::awaitable<result<void>> load_once();
  boost::asio::awaitable<result<bool>> poll(base::time_point until);
  boost::asio::awaitable<result<void>> perform(poll_step step);
  boost::asio::awaitable<void> return_memory();
  boost::asio::awaitable<void> pause_until(base::time_point when);
  void note(const storage::change_mark& mark);
  void on_lost(const error& failure);
  void on_reached();

  const boost::asio::any_io_executor executor_;
  net::blocking_pool& watching_;
  const std::string name_;
  std::chrono::milliseconds poll_interval_;
  const time_source time_;
  storage::freshness& freshness_;  // the publisher's, which the updater holds
  const session_stats& sessions_;
  watch_stats stats_;
  std::function<void()> on_loaded_;

  table_updater updater_;
  reconcile_loop reconcile_;
  std::optional<change_detector> detector_;  // once loaded
  memory_peak peak_;
  std::optional<std::uint32_t> source_;  // which database answered last
  boost::asio::steady_timer wake_;
  base::backoff backoff_{{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)}};
  base::random_source random_ = base::random_source::from_system();
  std::optional<base::time_point> lost_at_;  // while the database is out of reach
  bool stopping_ = false;

  std::atomic<int> loops_{0};  // shared with the main thread, which waits for zero
};

}  // namespace lars::dns
