// Keeps the published table equal to the database: runs the poll loop and, once the table is loaded, the reconcile
// loop.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "dns/sessions/publisher.hpp"
#include "dns/table/time_source.hpp"
#include "dns/watch/poll_loop.hpp"
#include "dns/watch/reconcile_loop.hpp"
#include "dns/watch/table_updater.hpp"
#include "dns/watch/watch_intervals.hpp"
#include "dns/watch/watch_stats.hpp"
#include "net/blocking_pool.hpp"
#include "storage/route_reader.hpp"

namespace lars::dns {

// The threads that wait for the database: one for polls and for everything that is applied, one for long comparisons.
// Owned by the role, which joins them while the contexts still exist.
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
  // `storage_name`: of the database, for logs.
  route_watch(boost::asio::any_io_executor executor, watch_threads& threads, watch_readers readers,
              std::string storage_name, watch_intervals intervals, std::shared_ptr<publisher> routes,
              time_source time = {});

  // Calls `on_loaded` once the table is published. Any thread, once.
  void start(std::function<void()> on_loaded);

  // Takes effect at once. Any thread.
  void set_intervals(watch_intervals intervals);

  // Ends the loops, at the latest when the database calls under way return. Any thread.
  void stop();

  // Whether a loop still runs. Any thread.
  bool running() const { return loops_.load() > 0; }

  const watch_stats& stats() const { return stats_; }  // any thread

private:
  using loop = boost::asio::awaitable<void> (route_watch::*)(std::shared_ptr<route_watch>);

  // Both loops keep the watch alive through their argument.
  void spawn(loop body);
  boost::asio::awaitable<void> run_polls(std::shared_ptr<route_watch> self);
  boost::asio::awaitable<void> run_reconciles(std::shared_ptr<route_watch> self);

  const boost::asio::any_io_executor executor_;
  std::function<void()> on_loaded_;
  watch_stats stats_;
  const std::shared_ptr<publisher> routes_;
  table_updater updater_;
  reconcile_loop reconcile_;
  poll_loop poll_;

  std::atomic<int> loops_{0};  // shared with the main thread, which waits for zero
};

}  // namespace lars::dns
