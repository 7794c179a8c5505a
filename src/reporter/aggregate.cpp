#include "reporter/aggregate.hpp"

#include <algorithm>
#include <tuple>

#include "reporter/clock_watch.hpp"

namespace lars::reporter {
namespace {

constexpr std::uint64_t most_in_one = std::uint64_t{1} << 44;  // the cap on microseconds or cost in one result
// More batches than any agent sends in its life; a larger number might not fit into the database.
constexpr std::uint64_t most_acked = std::uint64_t{1} << 53;

auto status_key(const storage::call_status_row& row) { return std::tie(row.key, row.where, row.caller); }
auto history_key(const storage::history_row& row) { return std::tie(row.key, row.where, row.step, row.bucket); }

// Sorts by key and keeps the last of the rows with the same key.
void keep_last(std::vector<storage::call_status_row>& rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return status_key(a) < status_key(b); });
  const auto same = [](const auto& a, const auto& b) { return status_key(a) == status_key(b); };
  // Backwards, because unique() keeps the first.
  rows.erase(rows.begin(), std::unique(rows.rbegin(), rows.rend(), same).base());
}

// Sorts by caller and keeps the last entry of each.
void keep_last(std::vector<skewed_agent>& agents) {
  std::stable_sort(agents.begin(), agents.end(), [](const auto& a, const auto& b) { return a.caller < b.caller; });
  const auto same = [](const auto& a, const auto& b) { return a.caller == b.caller; };
  agents.erase(agents.begin(), std::unique(agents.rbegin(), agents.rend(), same).base());
}

void add_up(std::vector<storage::history_row>& rows) {
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return history_key(a) < history_key(b); });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept > 0 && history_key(rows[kept - 1]) == history_key(rows[i])) {
      rows[kept - 1].sums += rows[i].sums;
    } else {
      if (kept != i) rows[kept] = rows[i];
      ++kept;
    }
  }
  rows.resize(kept);
}

// Adds batches to a flush_result, one after the other.
class aggregator {
public:
  aggregator(flush_result& out, bool tracked, const flush_moment& now) : out_(out), tracked_(tracked), now_(now) {}

  void add(const batch& item) {
    const auto& report = item.report;
    const auto when = estimate_batch_time(item, now_);
    if (!report.is_tracked()) {
      record_skew(report, when.skew);
      return add_status(report, report.ts, out_.plan.overwrites);
    }
    auto& agent = *std::lower_bound(out_.agents.begin(), out_.agents.end(), report.agent,
                                    [](const agent_outcome& a, const base::agent_id& id) { return a.agent < id; });
    agent.caller = report.caller;
    if (tracked_) skip_lost(agent, report);
    if (tracked_ && report.seq <= agent.applied) {
      ++out_.duplicates;
      return;
    }
    if (tracked_ && report.seq != agent.applied + 1) {
      ++out_.gaps;
      agent.gap = true;
      return;
    }
    agent.applied = std::max(agent.applied, report.seq);
    agent.gap = false;
    ++out_.batches;
    record_skew(report, when.skew);
    add_status(report, report.age_ms ? when.time : report.ts, out_.plan.updates);
    if (tracked_) add_history(report, when.time);
  }

private:
  // Batches that the agent has an acknowledgement of, and the database does not have, are lost. A batch cannot be
  // acknowledged before it is sent, so larger claims are cut.
  static void skip_lost(agent_outcome& agent, const proto::status_report& report) {
    const std::uint64_t acked = std::min(report.acked, report.seq - 1);
    if (acked <= agent.applied || acked > most_acked) return;
    agent.forgotten += acked - agent.applied;
    agent.applied = acked;
  }

  void record_skew(const proto::status_report& report, std::int64_t skew) const {
    if (skew < noticed_skew && skew > -noticed_skew) return;
    ++out_.skewed;
    out_.skewed_agents.push_back({report.caller, skew, report.age_ms.has_value()});
  }

  void add_status(const proto::status_report& report, std::int64_t time,
                  std::vector<storage::call_status_row>& rows) const {
    for (const auto& result : report.results)
      rows.push_back({report.key, result.where, report.caller, result.succ, result.err, time, result.overload});
  }

  void add_history(const proto::status_report& report, std::int64_t time) const {
    const std::int64_t bucket = time - time % storage::finest_step;
    for (const auto& result : report.results) {
      if (result.delta.empty()) continue;
      auto sums = result.delta;
      sums.latency_sum_us = std::min(sums.latency_sum_us, most_in_one);
      sums.cost_sum = std::min(sums.cost_sum, most_in_one);
      out_.plan.history.push_back({report.key, result.where, storage::finest_step, bucket, sums});
    }
  }

  flush_result& out_;
  const bool tracked_;
  const flush_moment now_;
};

}  // namespace

std::vector<base::agent_id> agents_of(std::span<const batch> batches) {
  std::vector<base::agent_id> agents;
  for (const auto& item : batches)
    if (item.report.is_tracked() && (agents.empty() || agents.back() != item.report.agent))
      agents.push_back(item.report.agent);
  std::sort(agents.begin(), agents.end());
  agents.erase(std::unique(agents.begin(), agents.end()), agents.end());
  return agents;
}

flush_result aggregate(std::span<const batch> batches,
                       const std::optional<std::vector<storage::agent_progress>>& progress, const flush_moment& now) {
  flush_result result;
  const auto agents = agents_of(batches);
  for (std::size_t i = 0; i < agents.size(); ++i)
    result.agents.push_back({agents[i], progress ? (*progress)[i].seq : 0, false, 0, 0});
  aggregator sums(result, progress.has_value(), now);
  for (const auto& item : batches) sums.add(item);
  keep_last(result.plan.overwrites);
  keep_last(result.plan.updates);
  add_up(result.plan.history);
  keep_last(result.skewed_agents);
  for (std::size_t i = 0; progress && i < agents.size(); ++i)
    if (result.agents[i].gap || result.agents[i].applied != (*progress)[i].seq)
      result.plan.progress.push_back({agents[i], result.agents[i].applied});
  return result;
}

}  // namespace lars::reporter
