#include "reporter/writer.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/clock.hpp"
#include "base/endpoint.hpp"
#include "log/log.hpp"
#include "net/as_result.hpp"

namespace lars::reporter {
namespace {

namespace asio = boost::asio;
using net::as_result;
constexpr base::backoff_config patience{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)};

// Many rows of one cause are in the file; the log names the first ones.
log::throttle refusals;

// After a restore every agent has more than the database.
log::throttle losses;

std::size_t count_batches_with(std::span<const storage::refused_row> rows, std::span<const batch> batches) {
  std::set<std::pair<route_key, endpoint>> names;
  for (const auto& row : rows) names.emplace(row.key, row.where);
  const auto has_one = [&](const batch& one) {
    return std::any_of(one.report.results.begin(), one.report.results.end(), [&](const proto::call_result& result) {
      return names.contains({one.report.key, result.where});
    });
  };
  return static_cast<std::size_t>(std::count_if(batches.begin(), batches.end(), has_one));
}

}  // namespace

writer::writer(const asio::any_io_executor& executor, net::blocking_pool& thread,
               std::unique_ptr<storage::status_store> store, const refused_file& refused, clock_watch& clocks,
               reporter_stats& stats)
    : thread_(thread),
      store_(std::move(store)),
      refused_(refused),
      clocks_(clocks),
      stats_(stats),
      random_(base::random_source::from_system()),
      backoff_(patience),
      timer_(executor) {}

void writer::give_up() {
  given_up_ = true;
  timer_.cancel();
  store_->interrupt();
}

asio::awaitable<bool> writer::flush(std::span<const batch> batches) {
  while (!given_up_) {
    const auto began = base::clock::now();
    const attempt made = co_await try_once(batches);
    if (made.written) {
      stats_.flush_seconds.observe(std::chrono::duration<double>(base::clock::now() - began).count());
      note_success(made, batches);
      co_return true;
    }
    note_failure(made, batches);
    co_await pause();
  }
  co_return false;
}

asio::awaitable<writer::attempt> writer::try_once(std::span<const batch> batches) {
  co_return co_await thread_.run([this, batches] {
    attempt made;
    made.written = write(batches, made.flushed);
    if (!made.written && made.written.error().code == errc::locked) made.locks = store_->find_locks(agents_of(batches));
    return made;
  });
}

// On the thread of the database.
result<storage::status_written> writer::write(std::span<const batch> batches, flush_result& flushed) {
  const auto agents = agents_of(batches);
  const auto decide = [&](const storage::status_state& found) {
    flushed = aggregate(batches, found.progress, {found.now, base::clock::now()});
    return std::exchange(flushed.plan, {});
  };
  const auto keep = [&](std::span<const storage::refused_row> rows) { return refused_.note_pending(rows); };
  auto written = store_->write(agents, decide, keep);
  if (written && !written->refused.empty())
    if (const auto noted = refused_.note_committed(written->refused); !noted)
      log::error("reporter.refused_rows_unnoted", {{"reason", noted.error().text()}});
  return written;
}

asio::awaitable<void> writer::pause() {
  timer_.expires_after(backoff_.next(random_()));
  co_await timer_.async_wait(as_result);
}

void writer::note_success(const attempt& made, std::span<const batch> batches) {
  if (state_ != state::writing) log::info("reporter.storage_recovered");
  note_state(state::writing);
  backoff_.reset();
  ++stats_.flushes;
  stats_.rows += made.written->rows;
  stats_.batches += made.flushed.batches;
  stats_.duplicates += made.flushed.duplicates;
  stats_.gaps += made.flushed.gaps;
  note_clocks(made.flushed);
  note_forgotten(made.flushed.agents);
  note_refused(made.written->refused, batches);
  acknowledge(batches, made.flushed.agents);
}

void writer::note_refused(const std::vector<storage::refused_row>& rows, std::span<const batch> batches) {
  if (rows.empty()) return;
  stats_.refused += count_batches_with(rows, batches);
  stats_.refused_rows += rows.size();
  for (const auto& row : rows)
    if (log::admit(refusals, "reporter.row_refused"))
      log::error("reporter.row_refused", {{"table", row.table},
                                          {"modid", row.key.modid},
                                          {"cmdid", row.key.cmdid},
                                          {"host", base::format_endpoint(row.where)},
                                          {"reason", row.reason},
                                          {"kept_in", refused_.path().string()}});
}

void writer::note_forgotten(const std::vector<agent_outcome>& agents) {
  for (const auto& one : agents) {
    if (one.forgotten == 0) continue;
    stats_.forgotten += one.forgotten;
    if (log::admit(losses, "reporter.database_forgot"))
      log::warn("reporter.database_forgot",
                {{"agent", one.agent.hex()}, {"at", base::format_ipv4(one.caller)}, {"batches", one.forgotten}});
  }
}

void writer::note_clocks(const flush_result& flushed) {
  stats_.skewed += flushed.skewed;
  const auto now = base::clock::now();
  for (const auto& one : flushed.skewed_agents)
    if (clocks_.note(one.caller, one.skew, now))
      log::warn("reporter.agent_clock_wrong",
                {{"agent", base::format_ipv4(one.caller)}, {"ahead_s", one.skew}, {"batches_tell_age", one.aged}});
  stats_.worst_skew = clocks_.worst(now);
}

void writer::note_failure(const attempt& made, std::span<const batch> batches) {
  const auto& failure = made.written.error();
  if (failure.code == errc::locked) {
    ++stats_.locked;
    if (state_ != state::locked) note_locks(made.locks, batches);
    return note_state(state::locked);
  }
  ++stats_.failures;
  if (state_ != state::failing) log::warn("reporter.storage_failed", {{"reason", failure.text()}});
  note_state(state::failing);
}

void writer::note_locks(const storage::lock_report& locks, std::span<const batch> batches) {
  std::string first;
  for (const auto& one : batches)
    if (std::find(locks.agents.begin(), locks.agents.end(), one.report.agent) != locks.agents.end()) {
      first = base::format_ipv4(one.report.caller);
      break;
    }
  log::warn("reporter.storage_locked",
            {{"agents", locks.agents.size()}, {"first_agent", first}, {"holder", locks.holder}});
}

void writer::note_state(state now) {
  stats_.failing += static_cast<int>(now == state::failing) - static_cast<int>(state_ == state::failing);
  stats_.locked_writers += static_cast<int>(now == state::locked) - static_cast<int>(state_ == state::locked);
  state_ = now;
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
