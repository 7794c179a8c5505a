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
constexpr auto absent_interval = 60s;  // while the database has no history
constexpr auto lease_lifetime = 30s;   // a holder that dies is followed after at most this
constexpr auto doubt_lifetime = 40s;   // of what this reporter tells others; longer than a pass and a failed one
constexpr auto breath = 20ms;          // between two pieces, so that writers are not starved

base::agent_id random_name() {
  auto random = base::random_source::from_system();
  const auto first = random();
  return base::agent_id::from_draws(first, random());
}

}  // namespace

history_keeper::history_keeper(asio::any_io_executor context, history_config config,
                               std::unique_ptr<storage::history_store> store, reporter_stats& stats,
                               look_at_clock wall_clock)
    : config_(config),
      stats_(stats),
      store_(std::move(store)),
      name_(random_name()),
      wall_clock_(std::move(wall_clock)),
      context_(std::move(context)),
      timer_(context_) {}

void history_keeper::start() {
  running_ = true;
  auto loop = net::keep_running("keeping the history", [self = shared_from_this()] { return self->run(); });
  asio::co_spawn(context_, std::move(loop), [self = shared_from_this()](const std::exception_ptr& failure) {
    net::note_exception("keeping the history", failure);
    self->running_ = false;
  });
}

void history_keeper::stop() {
  net::post(context_, "steering the history", [self = shared_from_this()] {
    self->stopping_ = true;
    self->timer_.cancel();
  });
}

void history_keeper::use(const history_config& config) {
  net::post(context_, "steering the history", [self = shared_from_this(), config] { self->config_ = config; });
}

void history_keeper::give_up() { store_->interrupt(); }

asio::awaitable<void> history_keeper::run() {
  while (!stopping_) {
    const auto outcome = co_await pass();
    note(outcome);
    const bool absent = !outcome && outcome.error().code == errc::schema_mismatch;
    co_await wait(absent ? absent_interval : interval);
  }
  if (told_ == errc{}) [[maybe_unused]]
    const auto given = co_await thread_.run([this] { return store_->release_lease(name_); });
}

asio::awaitable<result<void>> history_keeper::pass() {
  std::int64_t now = 0;
  const auto found = co_await thread_.run([this, &now] { return look_at_clocks(now); });
  if (!found) co_return found.error();
  note_doubt(*found);
  if (*found != doubt::none) co_return co_await thread_.run([this] { return store_->release_lease(name_); });
  const auto held = co_await thread_.run([this] { return store_->hold_lease(name_, lease_lifetime); });
  if (!held) co_return held.error();
  if (!*held) co_return result<void>();
  co_return co_await keep(now);
}

// On the thread of the database. Who finds a difference tells all others: it is not known whose clock is wrong.
result<history_keeper::doubt> history_keeper::look_at_clocks(std::int64_t& now) {
  clock_look look;
  if (clocks_.is_first()) {
    const auto newest = store_->newest_progress();
    if (!newest) return newest.error();
    look.newest = *newest;
  }
  look.before = wall_clock_();
  const auto clock = store_->now();
  look.after = wall_clock_();
  if (!clock) return clock.error();
  now = look.database = *clock;
  look.since_boot = std::chrono::seconds(base::boot_now().ms / 1000);
  const auto verdict = clocks_.judge(look);
  stats_.database_skew = clock_guard::ahead(look);
  if (verdict == clock_guard::verdict::differs) {
    const auto told = store_->doubt_clock(name_, doubt_lifetime);
    return told ? result<doubt>(doubt::differs) : told.error();
  }
  const auto doubted = store_->clock_doubted();
  if (!doubted) return doubted.error();
  if (*doubted) return doubt::told;
  return verdict == clock_guard::verdict::moved ? doubt::moved : doubt::none;
}

void history_keeper::note_doubt(doubt found) {
  stats_.history_paused = found == doubt::none ? 0 : 1;
  if (found == std::exchange(doubt_, found)) return;
  switch (found) {
    case doubt::none:
      return log::info("reporter.clock_trusted");
    case doubt::differs:
      return log::error("reporter.clock_differs", {{"ahead_s", stats_.database_skew.load()}});
    case doubt::moved:
      return log::warn("reporter.clock_moved");
    case doubt::told:
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

// Piece after piece until there is nothing left; the lease is renewed on the way.
asio::awaitable<result<void>> history_keeper::repeat(std::function<result<std::size_t>()> piece,
                                                     std::atomic<std::uint64_t>& counter) {
  auto renewed = base::clock::now();
  while (!stopping_) {
    const auto rows = co_await thread_.run(piece);
    if (!rows) co_return rows.error();
    if (*rows == 0) break;
    counter += *rows;
    co_await wait(breath);
    if (base::clock::now() - renewed < lease_lifetime / 3) continue;
    const auto held = co_await thread_.run([this] { return store_->hold_lease(name_, lease_lifetime); });
    if (!held) co_return held.error();
    if (!*held) break;
    renewed = base::clock::now();
  }
  co_return result<void>();
}

asio::awaitable<void> history_keeper::wait(std::chrono::milliseconds time) {
  if (stopping_) co_return;
  timer_.expires_after(time);
  co_await timer_.async_wait(as_result);
}

void history_keeper::note(const result<void>& outcome) {
  const errc code = outcome ? errc{} : outcome.error().code;
  if (code == std::exchange(told_, code)) return;
  if (outcome)
    log::info("reporter.history_kept");
  else
    log::warn("reporter.history_waits", {{"reason", outcome.error().text()}});
}

}  // namespace lars::reporter
