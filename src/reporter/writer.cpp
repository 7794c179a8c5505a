#include "reporter/writer.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>
#include <utility>

#include "base/clock.hpp"
#include "log/log.hpp"

namespace lars::reporter {
namespace {

namespace asio = boost::asio;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr base::backoff_config patience{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)};

// The database is there and will say the same next time.
bool is_about_the_rows(errc code) { return code == errc::invalid_argument || code == errc::system_error; }

void drop_rows(storage::status_plan& plan) {
  plan.overwrites.clear();
  plan.updates.clear();
  plan.history.clear();
}

}  // namespace

writer::writer(const asio::any_io_executor& executor, net::blocking_pool& thread,
               std::unique_ptr<storage::status_store> store, reporter_probe& probe)
    : thread_(thread),
      store_(std::move(store)),
      probe_(probe),
      random_(base::random_source::from_system()),
      backoff_(patience),
      timer_(executor) {}

void writer::give_up() {
  given_up_ = true;
  timer_.cancel();
  store_->interrupt();
}

asio::awaitable<bool> writer::flush(std::span<const batch> batches) { co_return co_await write(batches, false); }

asio::awaitable<bool> writer::write(std::span<const batch> batches, bool without_rows) {
  while (!given_up_) {
    const auto began = base::clock::now();
    const attempt made = co_await try_once(batches, without_rows);
    if (made.done) {
      probe_.flush_seconds.observe(std::chrono::duration<double>(base::clock::now() - began).count());
      note_success(made, batches);
      co_return true;
    }
    ++probe_.failures;
    if (is_about_the_rows(made.failure.code) && !without_rows) co_return co_await split(batches, made.failure);
    note_failure(made.failure);
    co_await pause();
  }
  co_return false;
}

asio::awaitable<writer::attempt> writer::try_once(std::span<const batch> batches, bool without_rows) {
  co_return co_await thread_.run([this, batches, without_rows] {
    attempt made;
    const auto agents = agents_of(batches);
    const auto written = store_->write(agents, [&](const auto& progress) {
      made.flushed = aggregate(batches, progress, base::unix_seconds());
      if (without_rows) drop_rows(made.flushed.plan);
      return std::exchange(made.flushed.plan, {});
    });
    made.done = written.has_value();
    if (written)
      made.rows = written->rows;
    else
      made.failure = written.error();
    return made;
  });
}

// Halves until what is refused stands alone.
asio::awaitable<bool> writer::split(std::span<const batch> batches, const lars::error& failure) {
  if (batches.size() > 1) {
    const std::size_t half = batches.size() / 2;
    const bool first = co_await write(batches.first(half), false);
    co_return first&& co_await write(batches.subspan(half), false);
  }
  ++probe_.refused;
  const auto& report = batches.front().report;
  log::error("reporter.batch_refused", {{"modid", report.key.modid},
                                        {"cmdid", report.key.cmdid},
                                        {"agent", report.agent.hex()},
                                        {"seq", report.seq},
                                        {"reason", failure.text()}});
  co_return co_await write(batches, true);
}

asio::awaitable<void> writer::pause() {
  timer_.expires_after(backoff_.next(random_()));
  co_await timer_.async_wait(as_result);
}

void writer::note_success(const attempt& made, std::span<const batch> batches) {
  if (failing_) log::info("reporter.storage_recovered");
  note_state(false);
  backoff_.reset();
  ++probe_.flushes;
  probe_.rows += made.rows;
  probe_.batches += made.flushed.batches;
  probe_.duplicates += made.flushed.duplicates;
  probe_.gaps += made.flushed.gaps;
  acknowledge(batches, made.flushed.agents);
}

void writer::note_failure(const lars::error& failure) {
  if (!failing_) log::warn("reporter.storage_failed", {{"reason", failure.text()}});
  note_state(true);
}

void writer::note_state(bool failing) {
  probe_.failing += static_cast<int>(failing) - static_cast<int>(failing_);
  failing_ = failing;
}

void acknowledge(std::span<const batch> batches, const std::vector<agent_outcome>& agents) {
  // An incarnation usually has one connection, and a connection one incarnation.
  std::set<std::pair<base::agent_id, net::tcp_connection*>> told;
  for (const auto& one : batches) {
    if (!one.from || !one.report.is_tracked() || !told.emplace(one.report.agent, one.from.get()).second) continue;
    const auto outcome =
        std::lower_bound(agents.begin(), agents.end(), one.report.agent,
                         [](const agent_outcome& a, const base::agent_id& id) { return a.agent < id; });
    std::string bytes = proto::encode(proto::status_answer{outcome->agent, outcome->applied, outcome->gap});
    one.from->send_from_anywhere(std::make_shared<const std::string>(std::move(bytes)));
  }
}

}  // namespace lars::reporter
