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

// One cause can make the database refuse many rows; the log names the first ones, the file has all.
log::throttle refusals;

// After the database was restored from a backup, every agent is ahead of it.
log::throttle losses;

std::size_t count_batches_with(std::span<const storage::refused_row> rows, std::span<const batch> batches) {
  std::set<std::pair<route_key, endpoint>> names;
  for (const auto& row : rows) names.emplace(row.key, row.where);
  const auto has_refused_row = [&](const batch& item) {
    return std::any_of(item.report.results.begin(), item.report.results.end(), [&](const proto::call_result& result) {
      return names.contains({item.report.key, result.where});
    });
  };
  return static_cast<std::size_t>(std::count_if(batches.begin(), batches.end(), has_refused_row));
}

}  // namespace

writer::writer(const asio::any_io_executor& executor, std::unique_ptr<storage::status_store> store,
               const writer_context& context, writer_timing timing)
    : thread_(context.thread),
      store_(std::move(store)),
      refused_(context.refused),
      clocks_(context.clocks),
      stats_(context.stats),
      timing_(std::move(timing)),
      random_(base::random_source::from_system()),
      backoff_(timing_.retry),
      timer_(executor) {}

void writer::give_up() {
  given_up_ = true;
  timer_.cancel();
  store_->interrupt();
}

asio::awaitable<bool> writer::flush(std::span<const batch> batches) {
  while (!given_up_) {
    const auto began = timing_.now();
    const attempt done = co_await try_once(batches);
    if (done.written) {
      stats_.flush_seconds.observe(std::chrono::duration<double>(timing_.now() - began).count());
      record_success(done, batches);
      co_return true;
    }
    record_failure(done, batches);
    if (given_up_) break;
    co_await pause();
  }
  co_return false;
}

asio::awaitable<writer::attempt> writer::try_once(std::span<const batch> batches) {
  auto call = [this, batches] {
    attempt done;
    done.written = write(batches, done.flushed);
    if (!done.written && done.written.error().code == errc::locked) done.locks = store_->find_locks(agents_of(batches));
    return done;
  };
  co_return co_await thread_.run(std::move(call));
}

// Runs on the database's thread.
result<storage::status_written> writer::write(std::span<const batch> batches, flush_result& flushed) {
  const auto agents = agents_of(batches);
  const auto decide = [&](const storage::status_state& current) {
    flushed = aggregate(batches, current.progress, {current.now, timing_.now()});
    return std::exchange(flushed.plan, {});
  };
  const auto keep = [&](std::span<const storage::refused_row> rows) { return refused_.append_pending(rows); };
  auto written = store_->write(agents, decide, keep);
  if (written && !written->refused.empty())
    if (const auto appended = refused_.append_committed(written->refused); !appended)
      log::error("reporter.refused_rows_unnoted", {{"reason", appended.error().text()}});
  return written;
}

asio::awaitable<void> writer::pause() {
  timer_.expires_after(backoff_.next(random_()));
  co_await timer_.async_wait(as_result);
}

void writer::record_success(const attempt& done, std::span<const batch> batches) {
  if (state_ != state::writing) log::info("reporter.storage_recovered");
  set_state(state::writing);
  backoff_.reset();
  ++stats_.flushes;
  stats_.rows += done.written->rows;
  stats_.batches += done.flushed.batches;
  stats_.duplicates += done.flushed.duplicates;
  stats_.gaps += done.flushed.gaps;
  record_skew(done.flushed);
  record_forgotten(done.flushed.agents);
  record_refused(done.written->refused, batches);
  acknowledge(batches, done.flushed.agents);
}

void writer::record_refused(const std::vector<storage::refused_row>& rows, std::span<const batch> batches) {
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

void writer::record_forgotten(const std::vector<agent_outcome>& agents) {
  for (const auto& agent : agents) {
    if (agent.forgotten == 0) continue;
    stats_.forgotten += agent.forgotten;
    if (log::admit(losses, "reporter.database_forgot"))
      log::warn("reporter.database_forgot",
                {{"agent", agent.agent.hex()}, {"at", base::format_ipv4(agent.caller)}, {"batches", agent.forgotten}});
  }
}

void writer::record_skew(const flush_result& flushed) {
  stats_.skewed += flushed.skewed;
  const auto now = timing_.now();
  for (const auto& agent : flushed.skewed_agents)
    if (clocks_.record(agent.caller, agent.skew, now))
      log::warn(
          "reporter.agent_clock_wrong",
          {{"agent", base::format_ipv4(agent.caller)}, {"ahead_s", agent.skew}, {"batches_tell_age", agent.aged}});
  stats_.worst_skew = clocks_.worst(now);
}

void writer::record_failure(const attempt& done, std::span<const batch> batches) {
  const auto& failure = done.written.error();
  if (failure.code == errc::locked) {
    ++stats_.locked;
    if (state_ != state::locked) log_locks(done.locks, batches);
    return set_state(state::locked);
  }
  ++stats_.failures;
  if (state_ != state::failing) log::warn("reporter.storage_failed", {{"reason", failure.text()}});
  set_state(state::failing);
}

void writer::log_locks(const storage::lock_report& locks, std::span<const batch> batches) {
  std::string first;
  for (const auto& item : batches)
    if (std::find(locks.agents.begin(), locks.agents.end(), item.report.agent) != locks.agents.end()) {
      first = base::format_ipv4(item.report.caller);
      break;
    }
  log::warn("reporter.storage_locked",
            {{"agents", locks.agents.size()}, {"first_agent", first}, {"holder", locks.holder}});
}

void writer::set_state(state next) {
  stats_.failing += static_cast<int>(next == state::failing) - static_cast<int>(state_ == state::failing);
  stats_.locked_writers += static_cast<int>(next == state::locked) - static_cast<int>(state_ == state::locked);
  state_ = next;
}

void acknowledge(std::span<const batch> batches, const std::vector<agent_outcome>& agents) {
  // Usually each incarnation has one connection and each connection one incarnation; answer each pair once.
  std::set<std::pair<base::agent_id, net::tcp_connection*>> answered;
  for (const auto& item : batches) {
    if (!item.from || !item.report.is_tracked()) continue;
    if (!answered.emplace(item.report.agent, item.from.get()).second) continue;
    const auto outcome =
        std::lower_bound(agents.begin(), agents.end(), item.report.agent,
                         [](const agent_outcome& a, const base::agent_id& id) { return a.agent < id; });
    std::string bytes = proto::encode(proto::status_answer{outcome->agent, outcome->applied, outcome->gap});
    item.from->send_from_anywhere(std::make_shared<const std::string>(std::move(bytes)));
  }
}

}  // namespace lars::reporter
