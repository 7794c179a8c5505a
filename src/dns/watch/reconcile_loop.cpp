#include "dns/watch/reconcile_loop.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "dns/watch/shrink_guard.hpp"
#include "log/log.hpp"
#include "net/as_result.hpp"

namespace lars::dns {
namespace {

namespace asio = boost::asio;
using net::as_result;

// Pages keep each read short, so that polls and stops wait little, and memory stays small whatever differs.
constexpr std::size_t ranges_per_page = 64;
constexpr std::size_t modules_per_page = 512;

constexpr std::chrono::seconds reread_interval{1};

}  // namespace

reconcile_loop::reconcile_loop(asio::any_io_executor executor, net::blocking_pool& thread,
                               std::shared_ptr<storage::route_reader> reader, table_updater& updater,
                               watch_stats& stats, std::chrono::seconds interval)
    : thread_(thread),
      reader_(std::move(reader)),
      updater_(updater),
      stats_(stats),
      wake_(executor),
      schedule_(interval, base::clock::now()) {}

asio::awaitable<void> reconcile_loop::before_load() {
  auto ask = [reader = reader_] { return reader->stillness(); };
  const auto began = base::clock::now();
  const auto sign = co_await thread_.run(std::move(ask));
  skip_rule_.on_compared(sign ? *sign : std::nullopt, began);
}

void reconcile_loop::demand() {
  schedule_.demand();
  wake_.cancel();
}

void reconcile_loop::stop() {
  stopping_ = true;
  wake_.cancel();
}

asio::awaitable<void> reconcile_loop::wait_for_turn() {
  while (!stopping_ && base::clock::now() < schedule_.next()) {
    wake_.expires_at(schedule_.next());
    co_await wake_.async_wait(as_result);  // a demand ends the wait early; the condition is asked again
  }
}

// Ends early when stopped; a demand or another interval does not end it.
asio::awaitable<void> reconcile_loop::pause(base::duration how_long) {
  const auto until = base::clock::now() + how_long;
  while (!stopping_ && base::clock::now() < until) {
    wake_.expires_at(until);
    co_await wake_.async_wait(as_result);
  }
}

asio::awaitable<void> reconcile_loop::run() {
  while (true) {
    co_await wait_for_turn();
    if (stopping_) co_return;
    schedule_.on_start(base::clock::now());
    const auto doubts = doubts_;
    const auto outcome = co_await pass();
    if (outcome) settled_doubts_ = doubts;
    on_outcome(outcome);
  }
}

void reconcile_loop::on_outcome(const result<void>& outcome) {
  const auto now = base::clock::now();
  if (outcome) {
    ++stats_.reconciles;
    backoff_.reset();
    failing_ = false;
    schedule_.on_end(now, true);
    return;
  }
  updater_.planner().abandon();
  skip_rule_.forget();
  // A database out of reach is reported by the watch, which notices it first.
  const errc code = outcome.error().code;
  if (!failing_ && code != errc::unavailable && code != errc::cancelled)
    log::warn("dns.reconcile_failed", {{"reason", outcome.error().text()}});
  failing_ = true;
  schedule_.on_end(now, false, backoff_.next(random_()));
}

asio::awaitable<result<void>> reconcile_loop::pass() {
  const auto routes = co_await compare_routes();
  if (!routes) co_return routes.error();
  co_return co_await compare_settings();
}

asio::awaitable<result<void>> reconcile_loop::compare_routes() {
  auto ask = [reader = reader_] { return reader->stillness(); };
  const auto began = base::clock::now();
  const auto sign = co_await thread_.run(std::move(ask));
  if (!sign) co_return sign.error();
  if (skip_rule_.covers(*sign, began)) co_return result<void>();

  const auto believed = co_await look();
  if (!believed) co_return believed.error();
  const auto outcome = co_await look_into(updater_.planner().begin(believed->sums), believed->how);
  if (!outcome) co_return outcome.error();
  skip_rule_.on_compared(*sign, began);
  co_return result<void>();
}

// Sums of so little that it is in doubt are asked for until two looks agree.
asio::awaitable<result<reconcile_loop::accepted_sums>> reconcile_loop::look() {
  const auto held = updater_.planner().rows();
  shrink_guard doubt(held);
  while (true) {
    auto ask = [reader = reader_, again = doubt.reads() > 0] {
      if (again) reader->renew();
      return reader->range_sums();
    };
    auto sums = co_await thread_.run(std::move(ask));
    if (!sums) co_return sums.error();
    const auto found = std::accumulate(sums->begin(), sums->end(), std::uint64_t{0},
                                       [](std::uint64_t rows, const auto& range) { return rows + range.rows; });
    if (doubt.accepts(found)) {
      if (doubt.reads() == 1) co_return accepted_sums{std::move(*sums), confirmation::unconfirmed};
      log::info("dns.looked_again", {{"held", held}, {"found", found}, {"looks", doubt.reads()}});
      co_await updater_.renew();
      co_return accepted_sums{std::move(*sums), confirmation::confirmed};
    }
    if (doubt.reads() == 1) log::warn("dns.rows_vanished", {{"held", held}, {"found", found}});
    co_await pause(reread_interval);
    if (stopping_) co_return result<accepted_sums>(errc::cancelled);
  }
}

// Their table may change while RouteData stands still; it is small enough to be read as it is.
asio::awaitable<result<void>> reconcile_loop::compare_settings() {
  auto ask = [reader = reader_] { return reader->all_settings(); };
  auto rows = co_await thread_.run(std::move(ask));
  if (!rows) co_return rows.error();
  const auto modules = co_await updater_.differing(std::move(*rows));
  if (!modules) co_return modules.error();
  const std::size_t count = modules->size();
  for (std::size_t first = 0; first < count && !stopping_; first += modules_per_page) {
    const auto page = std::span(*modules).subspan(first, std::min(modules_per_page, count - first));
    const auto read = co_await updater_.refresh({page.begin(), page.end()});
    if (!read) co_return read.error();
  }
  if (count > 0) log::info("dns.reconciled", {{"settings", count}});
  co_return result<void>();
}

asio::awaitable<result<void>> reconcile_loop::look_into(const std::vector<std::uint64_t>& ranges, confirmation how) {
  const auto started = base::clock::now();
  const std::size_t count = ranges.size();
  for (std::size_t first = 0; first < count && !stopping_; first += ranges_per_page) {
    const auto page = std::span(ranges).subspan(first, std::min(ranges_per_page, count - first));
    auto ask = [reader = reader_, wanted = std::vector(page.begin(), page.end())] {
      return reader->modules_in(wanted);
    };
    const auto members = co_await thread_.run(std::move(ask));
    if (!members) co_return members.error();
    updater_.planner().add_members(*members);
  }
  const auto modules = co_await read_differing(how);
  if (!modules) co_return modules.error();
  updater_.planner().commit();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(base::clock::now() - started);
  if (count + *modules > 0)
    log::info("dns.reconciled", {{"ranges", count}, {"modules", *modules}, {"ms", took.count()}});
  co_return result<void>();
}

asio::awaitable<result<std::size_t>> reconcile_loop::read_differing(confirmation how) {
  std::size_t modules = 0;
  while (true) {
    if (stopping_) co_return result<std::size_t>(errc::cancelled);
    auto page = updater_.planner().next_page(modules_per_page);
    if (page.empty()) co_return modules;
    modules += page.size();
    const auto rows = co_await updater_.refresh(std::move(page), how);
    if (!rows) co_return rows.error();
    updater_.planner().on_rows(*rows);
  }
}

}  // namespace lars::dns
