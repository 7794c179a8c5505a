// A database, a timer and a publisher that a test steers: no real time passes, no socket is opened.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../rows.hpp"
#include "dns/sessions/publisher.hpp"
#include "dns/watch/loop_timer.hpp"
#include "dns/watch/poll_loop.hpp"
#include "dns/watch/reconcile_loop.hpp"

namespace lars::dns {

// A database whose calls fail on request. Used while no call is under way.
struct fake_reader final : storage::route_reader {
  result<storage::change_mark> poll() override { return answer("poll", mark); }
  result<std::vector<storage::change_row>> changes_after(std::uint64_t after) override {
    std::vector<storage::change_row> later;
    for (const auto& row : changes)
      if (row.id > after) later.push_back(row);
    return answer("changes_after", later);
  }
  result<std::optional<std::vector<storage::change_count>>> count_changes(storage::id_span) override {
    return answer("count_changes", std::optional<std::vector<storage::change_count>>());
  }
  result<std::vector<storage::change_row>> changes_in(std::span<const std::uint64_t>) override {
    return answer("changes_in", std::vector<storage::change_row>());
  }
  result<storage::change_mark> load(const std::function<void(std::span<const storage::route_row>)>& to_routes,
                                    const std::function<void(std::span<const storage::settings_row>)>&) override {
    to_routes(routes);
    return answer("load", mark);
  }
  result<storage::module_rows> rows_of(std::span<const route_key> keys) override {
    storage::module_rows found;
    for (const auto& each : routes)
      if (std::ranges::find(keys, each.key) != keys.end()) found.routes.push_back(each);
    return answer("rows_of", found);
  }
  result<bool> has_routes() override { return answer("has_routes", !routes.empty()); }
  result<std::vector<storage::settings_row>> all_settings() override { return answer("all_settings", settings); }
  result<std::optional<storage::change_stamp>> read_change_stamp() override {
    return answer("read_change_stamp", std::optional<storage::change_stamp>());
  }
  result<std::vector<storage::range_sum>> range_sums() override {
    std::map<std::uint64_t, storage::range_sum> sums;
    for (const auto& each : routes) {
      auto& sum = sums[each.id / storage::range_width];
      sum.range = each.id / storage::range_width;
      ++sum.rows;
      sum.crc_sum += storage::row_crc(each);
    }
    std::vector<storage::range_sum> all;
    for (const auto& [range, sum] : sums) all.push_back(sum);
    return answer("range_sums", all);
  }
  result<std::vector<std::pair<std::uint64_t, route_key>>> modules_in(std::span<const std::uint64_t> ranges) override {
    std::vector<std::pair<std::uint64_t, route_key>> found;
    for (const auto& each : routes)
      if (std::ranges::find(ranges, each.id / storage::range_width) != ranges.end())
        found.emplace_back(each.id / storage::range_width, each.key);
    return answer("modules_in", found);
  }
  void renew() override { ++reconnects; }

  storage::change_mark mark{1, 0, 1};
  std::vector<storage::change_row> changes;
  std::vector<storage::route_row> routes;
  std::vector<storage::settings_row> settings;
  std::map<std::string, errc> failing;  // by the call's name
  std::string throwing;                 // the call that throws, once
  std::map<std::string, int> calls;
  int reconnects = 0;

private:
  template <class T>
  result<T> answer(const std::string& call, T value) {
    ++calls[call];
    if (call == throwing) {
      throwing.clear();
      throw std::runtime_error("thrown by the test");
    }
    const auto failure = failing.find(call);
    if (failure != failing.end()) return failure->second;
    return value;
  }
};

// A wait takes no real time: it moves the time on and calls `on_wait`, which may stop the loop.
class fake_timer final : public loop_timer {
public:
  base::time_point now() const override { return now_; }
  storage::freshness::ms boot_time() const override {
    return std::chrono::duration_cast<storage::freshness::ms>(now_.time_since_epoch());
  }
  boost::asio::awaitable<void> wait_until(base::time_point when) override {
    now_ = std::max(now_, when);
    ++waits;
    if (on_wait) on_wait(waits);
    co_return;
  }
  void wake() override {}

  std::function<void(int)> on_wait;  // called with the number of waits so far
  int waits = 0;

private:
  base::time_point now_{std::chrono::hours(1)};
};

// Both loops over one database.
struct watch_fixture {
  watch_fixture() {
    auto for_poll = std::make_unique<fake_timer>();
    auto for_reconcile = std::make_unique<fake_timer>();
    poll_timer = for_poll.get();
    reconcile_timer = for_reconcile.get();
    reconcile =
        std::make_unique<reconcile_loop>(std::chrono::seconds(10), reconcile_repository(reconcile_thread, reader),
                                         updater, stats, std::move(for_reconcile));
    poll = std::make_unique<poll_loop>(poll_options{"the test's database", std::chrono::milliseconds(200)},
                                       poll_repository(poll_thread, reader), updater, *reconcile, *routes, stats,
                                       std::move(for_poll));
    routes->changes().observe(*reconcile);
    reader->routes = {row(1, {1, 1}, 1, 80), row(2, {2, 1}, 2, 80)};
  }
  ~watch_fixture() {
    reconcile_thread.join();
    poll_thread.join();
  }

  // Runs a coroutine to its end on context 0, and returns what it threw.
  std::exception_ptr run(boost::asio::awaitable<void> body) {
    bool ended = false;
    std::exception_ptr thrown;
    boost::asio::co_spawn(pool.context(0), std::move(body), [&](const std::exception_ptr& failure) {
      ended = true;
      thrown = failure;
    });
    pool.context(0).restart();
    while (!ended) pool.context(0).run_one();
    return thrown;
  }

  bool load() {
    bool loaded = false;
    auto body = [](poll_loop& loop, bool& out) -> boost::asio::awaitable<void> { out = co_await loop.load(); };
    run(body(*poll, loaded));
    return loaded;
  }
  // Polls until the loop has waited `waits` times.
  void poll_times(int waits) {
    poll_timer->waits = 0;
    poll_timer->on_wait = [this, waits](int so_far) {
      if (so_far == waits) poll->stop();
    };
    run(poll->run());
  }
  // Reconciles until the loop has waited `waits` times. The first wait comes before the first pass.
  std::exception_ptr reconcile_until(int waits) {
    reconcile_timer->on_wait = [this, waits](int so_far) {
      if (so_far == waits) reconcile->stop();
    };
    return run(reconcile->run());
  }
  std::size_t hosts_of(route_key key) const {
    stored_answer found;
    return routes->current()->find(key, found) ? found.hosts : 0;
  }
  bool is_well() const { return routes->freshness().at(poll_timer->boot_time()).is_well(); }

  net::io_pool pool{1};
  net::blocking_pool poll_thread{1};
  net::blocking_pool reconcile_thread{1};
  std::shared_ptr<fake_reader> reader = std::make_shared<fake_reader>();
  std::shared_ptr<publisher> routes = std::make_shared<publisher>(pool, publisher_limits());
  watch_stats stats;
  table_updater updater{poll_thread, reader, routes, stats};
  fake_timer* poll_timer = nullptr;
  fake_timer* reconcile_timer = nullptr;
  std::unique_ptr<reconcile_loop> reconcile;
  std::unique_ptr<poll_loop> poll;
};

}  // namespace lars::dns
