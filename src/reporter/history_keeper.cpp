#include "reporter/history_keeper.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "base/boot_clock.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"

namespace lars::reporter {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using net::as_result;

constexpr auto interval = 10s;         // between two passes
constexpr auto absent_interval = 60s;  // while the database has no tables for history
constexpr auto lease_lifetime = 30s;   // after it another reporter replaces one that died
constexpr auto doubt_lifetime = 40s;   // of a recorded doubt; longer than two passes
constexpr auto piece_pause = 20ms;     // between two pieces, so that writers get their turn

base::agent_id random_name() {
  auto random = base::random_source::from_system();
  const auto first = random();
  return base::agent_id::from_draws(first, random());
}

}  // namespace

std::chrono::seconds seconds_since_boot() { return std::chrono::seconds(base::boot_now().ms / 1000); }

history_keeper::history_keeper(asio::any_io_executor context, history_config config,
                               std::unique_ptr<storage::history_store> store, reporter_stats& stats,
                               keeper_clocks clocks)
    : config_(config),
      stats_(stats),
      store_(std::move(store)),
      name_(random_name()),
      clocks_(std::move(clocks)),
      context_(std::move(context)),
      timer_(context_) {}

void history_keeper::start() {
  running_ = true;
  auto loop = net::keep_running("keeping the history", [self = shared_from_this()] { return self->run(); });
  asio::co_spawn(context_, std::move(loop), [self = shared_from_this()](const std::exception_ptr& failure) {
    net::log_exception("keeping the history", failure);
    self->running_ = false;
  });
}

void history_keeper::stop() {
  net::post(context_, "controlling the history", [self = shared_from_this()] {
    self->stopping_ = true;
    self->timer_.cancel();
  });
}

void history_keeper::use(const history_config& config) {
  net::post(context_, "controlling the history", [self = shared_from_this(), config] { self->config_ = config; });
}

void history_keeper::give_up() { store_->interrupt(); }

asio::awaitable<void> history_keeper::run() {
  while (!stopping_) {
    const auto outcome = co_await pass();
    log_outcome(outcome);
    const bool absent = !outcome && outcome.error().code == errc::schema_mismatch;
    co_await wait(absent ? absent_interval : interval);
  }
  if (logged_ == errc{}) [[maybe_unused]]
    const auto released = co_await thread_.run([this] { return store_->release_lease(name_); });
}

asio::awaitable<result<void>> history_keeper::pass() {
  std::int64_t now = 0;
  const auto doubted = co_await thread_.run([this, &now] { return compare_clocks(now); });
  if (!doubted) co_return doubted.error();
  log_doubt(*doubted);
  if (*doubted != doubt::none) co_return co_await thread_.run([this] { return store_->release_lease(name_); });
  const auto held = co_await thread_.run([this] { return store_->hold_lease(name_, lease_lifetime); });
  if (!held) co_return held.error();
  if (!*held) co_return result<void>();
  co_return co_await keep(now);
}

// On the database's thread. A difference is recorded for all reporters: nobody knows which clock is wrong.
result<history_keeper::doubt> history_keeper::compare_clocks(std::int64_t& now) {
  clock_reading reading;
  if (guard_.is_first()) {
    const auto newest = store_->newest_progress();
    if (!newest) return newest.error();
    reading.newest = *newest;
  }
  reading.before = clocks_.unix_seconds();
  const auto clock = store_->now();
  reading.after = clocks_.unix_seconds();
  if (!clock) return clock.error();
  now = reading.database = *clock;
  reading.since_boot = clocks_.since_boot();
  const auto verdict = guard_.judge(reading);
  stats_.database_skew = clock_guard::ahead(reading);
  if (verdict == clock_guard::verdict::differs) {
    const auto recorded = store_->doubt_clock(name_, doubt_lifetime);
    return recorded ? result<doubt>(doubt::differs) : recorded.error();
  }
  const auto doubted = store_->clock_doubted();
  if (!doubted) return doubted.error();
  if (*doubted) return doubt::by_another;
  return verdict == clock_guard::verdict::moved ? doubt::moved : doubt::none;
}

void history_keeper::log_doubt(doubt found) {
  stats_.history_paused = found == doubt::none ? 0 : 1;
  if (found == std::exchange(doubt_, found)) return;
  switch (found) {
    case doubt::none:
      return log::info("reporter.clock_trusted");
    case doubt::differs:
      return log::error("reporter.clock_differs", {{"ahead_s", stats_.database_skew.load()}});
    case doubt::moved:
      return log::warn("reporter.clock_moved");
    case doubt::by_another:
      return log::error("reporter.clock_doubted");
  }
}

asio::awaitable<result<void>> history_keeper::keep(std::int64_t now) {
  const auto older_than = [now](std::chrono::seconds age) { return now - age.count(); };
  auto& store = *store_;
  const std::int64_t ten = older_than(config_.keep_10s), minute = older_than(config_.keep_1m),
                     hour = older_than(config_.keep_1h);
  using storage::finest_step, storage::minute_step, storage::hour_step;
  auto done = co_await repeat([&store, ten] { return store.roll_up(finest_step, minute_step, ten); }, stats_.moved);
  if (done)
    done = co_await repeat([&store, minute] { return store.roll_up(minute_step, hour_step, minute); }, stats_.moved);
  if (done) done = co_await repeat([&store, hour] { return store.erase_history(hour_step, hour); }, stats_.deleted);
  if (done) done = co_await repeat([&store, hour] { return store.erase_progress(hour); }, stats_.deleted);
  co_return done;
}

// Runs `piece` until nothing is left, and renews the lease meanwhile.
asio::awaitable<result<void>> history_keeper::repeat(std::function<result<std::size_t>()> piece,
                                                     std::atomic<std::uint64_t>& counter) {
  auto renewed = clocks_.now();
  while (!stopping_) {
    const auto rows = co_await thread_.run(piece);
    if (!rows) co_return rows.error();
    if (*rows == 0) break;
    counter += *rows;
    co_await wait(piece_pause);
    if (clocks_.now() - renewed < lease_lifetime / 3) continue;
    const auto held = co_await thread_.run([this] { return store_->hold_lease(name_, lease_lifetime); });
    if (!held) co_return held.error();
    if (!*held) break;
    renewed = clocks_.now();
  }
  co_return result<void>();
}

asio::awaitable<void> history_keeper::wait(std::chrono::milliseconds time) {
  if (stopping_) co_return;
  timer_.expires_after(time);
  co_await timer_.async_wait(as_result);
}

void history_keeper::log_outcome(const result<void>& outcome) {
  const errc code = outcome ? errc{} : outcome.error().code;
  if (code == std::exchange(logged_, code)) return;
  if (outcome)
    log::info("reporter.history_kept");
  else
    log::warn("reporter.history_waits", {{"reason", outcome.error().text()}});
}

}  // namespace lars::reporter
