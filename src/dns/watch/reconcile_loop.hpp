// Runs the reconcile passes: the database's sums against ours, and what differs read again.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/backoff.hpp"
#include "base/random.hpp"
#include "dns/watch/reconcile_schedule.hpp"
#include "dns/watch/skip_rule.hpp"
#include "dns/watch/table_updater.hpp"
#include "net/blocking_pool.hpp"
#include "storage/route_reader.hpp"

namespace lars::dns {

// Lifetime: its route_watch's. Threads: context 0 only. It reads sums over its own reader, so that a long pass does not
// hold up the watching; what it finds to differ is read by the updater.
class reconcile_loop {
public:
  // `thread` has one thread and outlives every call under way.
  reconcile_loop(boost::asio::any_io_executor executor, net::blocking_pool& thread,
                 std::shared_ptr<storage::route_reader> reader, table_updater& updater, watch_stats& stats,
                 std::chrono::seconds interval);

  // Remembers what RouteData looks like just before it is loaded, so that an unchanged one needs no first pass.
  boost::asio::awaitable<void> before_load();

  // Passes until stop(). REQUIRES: the updater has loaded.
  boost::asio::awaitable<void> run();

  // Changes were missed: a pass starts at once, or right after the one under way.
  void demand();

  // The database was away: whatever happened meanwhile may have left no trace, until a pass has compared everything.
  void distrust() {
    skip_rule_.forget();
    ++doubts_;
  }

  // No such doubt is left.
  bool trusts() const { return settled_doubts_ == doubts_; }

  // At once.
  void use(std::chrono::seconds interval) {
    schedule_.use(interval);
    wake_.cancel();
  }

  void stop();

private:
  struct accepted_sums {
    std::vector<storage::range_sum> sums;
    confirmation how = confirmation::unconfirmed;  // to read what differs
  };

  boost::asio::awaitable<result<void>> pass();
  boost::asio::awaitable<result<void>> compare_routes();
  boost::asio::awaitable<result<accepted_sums>> look();
  boost::asio::awaitable<result<void>> compare_settings();
  boost::asio::awaitable<result<void>> look_into(const std::vector<std::uint64_t>& ranges, confirmation how);
  boost::asio::awaitable<result<std::size_t>> read_differing(confirmation how);
  boost::asio::awaitable<void> wait_for_turn();
  boost::asio::awaitable<void> pause(base::duration how_long);
  void on_outcome(const result<void>& outcome);

  net::blocking_pool& thread_;
  const std::shared_ptr<storage::route_reader> reader_;
  table_updater& updater_;
  watch_stats& stats_;
  boost::asio::steady_timer wake_;
  reconcile_schedule schedule_;
  base::backoff backoff_{{std::chrono::milliseconds(200), std::chrono::milliseconds(2000)}};
  base::random_source random_ = base::random_source::from_system();
  skip_rule skip_rule_;
  std::uint64_t doubts_ = 0;          // so far
  std::uint64_t settled_doubts_ = 0;  // those that a pass has settled
  bool failing_ = false;
  bool stopping_ = false;
};

}  // namespace lars::dns
