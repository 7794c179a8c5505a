#include "bench/bare_reports.hpp"

#include <algorithm>
#include <ctime>
#include <tuple>

#include "base/clock.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::bench {
namespace {

constexpr std::size_t results_a_flush = 25'000;
constexpr std::uint32_t other_callers = 0x00800000;  // both measurements insert new rows

std::chrono::nanoseconds cpu_so_far() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

// Sorted by key, each key once: its last status, the sum of its history.
storage::status_plan plan_of(const std::vector<const proto::status_report*>& reports) {
  storage::status_plan plan;
  for (const auto* report : reports)
    for (const auto& result : report->results) {
      plan.updates.push_back(
          {report->key, result.where, report->caller + other_callers, result.succ, result.err, report->ts, false});
      plan.history.push_back(
          {report->key, result.where, storage::finest_step, report->ts - report->ts % 10, result.delta});
    }
  const auto status_key = [](const storage::call_status_row& row) { return std::tie(row.key, row.where, row.caller); };
  std::stable_sort(plan.updates.begin(), plan.updates.end(),
                   [&](const auto& a, const auto& b) { return status_key(a) < status_key(b); });
  plan.updates.erase(std::unique(plan.updates.begin(), plan.updates.end(),
                                 [&](const auto& a, const auto& b) { return status_key(a) == status_key(b); }),
                     plan.updates.end());
  const auto history_key = [](const storage::history_row& row) { return std::tie(row.key, row.where, row.bucket); };
  std::sort(plan.history.begin(), plan.history.end(),
            [&](const auto& a, const auto& b) { return history_key(a) < history_key(b); });
  std::vector<storage::history_row> sums;
  for (const auto& row : plan.history)
    if (!sums.empty() && history_key(sums.back()) == history_key(row))
      sums.back().sums += row.sums;
    else
      sums.push_back(row);
  plan.history = std::move(sums);
  return plan;
}

// The reports of all agents, interleaved as a reporter receives them.
std::vector<storage::status_plan> make_plans(const report_load_size& size) {
  std::vector<std::vector<proto::status_report>> agents;
  for (std::size_t i = 0; i < size.agents; ++i)
    agents.push_back(make_reports(size, i, static_cast<std::uint32_t>(base::unix_seconds())));
  std::vector<storage::status_plan> plans;
  std::vector<const proto::status_report*> flush;
  std::size_t results = 0;
  for (std::size_t turn = 0, left = agents.size(); left > 0; ++turn) {
    left = 0;
    for (const auto& reports : agents) {
      if (turn >= reports.size()) continue;
      ++left;
      flush.push_back(&reports[turn]);
      results += reports[turn].results.size();
      if (results < results_a_flush) continue;
      plans.push_back(plan_of(std::exchange(flush, {})));
      results = 0;
    }
  }
  if (!flush.empty()) plans.push_back(plan_of(flush));
  return plans;
}

result<void> refuse_none(std::span<const storage::refused_row> rows) {
  return {errc::invalid_argument, rows.front().reason};
}

}  // namespace

result<bare_figures> write_bare_reports(const storage::storage_config& storage, const report_load_size& size) {
  const auto plans = make_plans(size);
  const auto store = storage::open_status_store(storage);
  bare_figures figures;
  const auto cpu = cpu_so_far();
  const auto begin = base::clock::now();
  for (const auto& plan : plans) {
    const auto written = store->write(
        {}, [&](const auto&) { return plan; }, refuse_none);
    if (!written) return written.error();
    figures.rows += written->rows;
  }
  figures.wall = base::clock::now() - begin;
  figures.cpu = cpu_so_far() - cpu;
  return figures;
}

}  // namespace lars::bench
