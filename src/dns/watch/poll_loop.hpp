// Loads the table, then polls the database for announced changes and applies them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <lars/error.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "dns/sessions/publisher.hpp"
#include "dns/watch/change_detector.hpp"
#include "dns/watch/loop_timer.hpp"
#include "dns/watch/memory_peak.hpp"
#include "dns/watch/poll_repository.hpp"
#include "dns/watch/reconcile_loop.hpp"
#include "dns/watch/table_updater.hpp"
#include "dns/watch/watch_stats.hpp"

namespace lars::dns {

struct poll_options {
  std::string storage_name;  // of the database, for logs
  std::chrono::milliseconds interval{200};
};

// Lifetime: its route_watch's; what it refers to outlives it. Threads: owner context only.
class poll_loop {
public:
  poll_loop(poll_options options, poll_repository repository, table_updater& updater, reconcile_loop& reconcile,
            publisher& routes, watch_stats& stats, std::unique_ptr<loop_timer> timer);

  // Tries to load the table until it is published. Returns false if stopped before. Harmless when repeated.
  boost::asio::awaitable<bool> load();

  // Polls until stop(). REQUIRES: loaded.
  boost::asio::awaitable<void> run();

  // Takes effect at once.
  void set_interval(std::chrono::milliseconds interval);

  void stop();

private:
  boost::asio::awaitable<result<void>> load_once();
  boost::asio::awaitable<result<bool>> poll_once(base::time_point until);
  boost::asio::awaitable<result<storage::change_mark>> read_mark();
  boost::asio::awaitable<result<void>> perform(poll_step step);
  boost::asio::awaitable<void> pause_until(base::time_point when);
  void on_mark(const storage::change_mark& mark);
  void on_lost(const error& failure);
  void on_reached();

  const std::string storage_name_;
  std::chrono::milliseconds interval_;
  poll_repository repository_;
  table_updater& updater_;
  reconcile_loop& reconcile_;
  storage::freshness& freshness_;
  const session_stats& sessions_;
  watch_stats& stats_;
  const std::unique_ptr<loop_timer> timer_;

  std::optional<change_detector> detector_;  // once loaded
  memory_peak peak_;
  std::optional<std::uint32_t> source_;  // the database server that answered last
  base::backoff backoff_{{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)}};
  base::random_source random_ = base::random_source::from_system();
  std::optional<base::time_point> lost_at_;  // while the database is out of reach
  bool stopping_ = false;
};

}  // namespace lars::dns
