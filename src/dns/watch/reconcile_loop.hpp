// Runs the reconcile passes, which find what changed without an announcement.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <span>
#include <utility>

#include "base/backoff.hpp"
#include "base/random.hpp"
#include "dns/table/range_checksums.hpp"
#include "dns/table/route_observer.hpp"
#include "dns/watch/loop_timer.hpp"
#include "dns/watch/reconcile_decider.hpp"
#include "dns/watch/reconcile_repository.hpp"
#include "dns/watch/reconcile_schedule.hpp"
#include "dns/watch/table_updater.hpp"
#include "dns/watch/watch_stats.hpp"

namespace lars::dns {

// Observes the table: content that changed, whoever noticed, is compared again by the next pass.
// Lifetime: its route_watch's; `updater` and `stats` outlive it. Threads: owner context only.
class reconcile_loop final : public route_observer {
public:
  reconcile_loop(std::chrono::seconds interval, reconcile_repository repository, table_updater& updater,
                 watch_stats& stats, std::unique_ptr<loop_timer> timer);

  // Reads the database's sign of change just before the table is loaded, so that an unchanged database needs no first
  // comparison.
  boost::asio::awaitable<void> before_load();

  // The table was loaded from rows with these checksums. Once, before run().
  void on_loaded(range_checksums checksums) { decider_.on_loaded(std::move(checksums)); }

  // REQUIRES: loaded.
  void on_routes_changed(std::span<const route_change> changes) override;

  // Passes until stop(). REQUIRES: loaded.
  boost::asio::awaitable<void> run();

  // Changes were missed: a pass starts at once, or right after the one under way.
  void request();

  // The database was away. Changes may have left no sign, until a pass that began later has compared everything.
  void distrust() { decider_.distrust(); }
  bool trusts() const { return decider_.trusts(); }

  // Takes effect at once.
  void set_interval(std::chrono::seconds interval);

  void stop();

private:
  boost::asio::awaitable<void> wait_for_start();
  boost::asio::awaitable<result<void>> run_pass();
  boost::asio::awaitable<result<void>> perform(reconcile_step step);
  boost::asio::awaitable<result<void>> read_sums(bool reconnect);
  boost::asio::awaitable<result<void>> read_settings();
  boost::asio::awaitable<result<void>> refresh(reconcile_step step);
  boost::asio::awaitable<void> pause(base::duration length);
  void on_outcome(const result<void>& outcome);

  reconcile_repository repository_;
  table_updater& updater_;
  watch_stats& stats_;
  const std::unique_ptr<loop_timer> timer_;
  reconcile_schedule schedule_;
  reconcile_decider decider_;
  base::backoff backoff_{{std::chrono::milliseconds(200), std::chrono::milliseconds(2000)}};
  base::random_source random_ = base::random_source::from_system();
  base::time_point compared_at_;  // when the last sums were accepted
  bool failing_ = false;
  bool stopping_ = false;
};

}  // namespace lars::dns
