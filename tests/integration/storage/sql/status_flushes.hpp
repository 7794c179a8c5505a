// Flushes for tests of the status_store.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <lars/error.hpp>
#include <span>
#include <string>
#include <vector>

#include "storage/sql/open_storage.hpp"
#include "support/test_database.hpp"

namespace lars::test {

inline base::agent_id agent(char name) { return *base::agent_id::from_bytes(std::string(16, name)); }

// Batch `seq` of that agent with so many calls, under the rule that a reporter applies. `forgetful`: without it.
inline storage::decide_status one_batch(char name, std::uint64_t seq, std::uint64_t calls, bool forgetful = false) {
  return [=](const storage::status_state& state) {
    storage::status_plan plan;
    if (!forgetful && state.progress && state.progress->at(0).seq + 1 != seq) return plan;
    storage::history_row row{{1, 1}, {0xC0A80101, 80}, storage::finest_step, 1'700'000'000, {calls, 0, 7, 0, {}}};
    row.sums.latency[2] = calls;
    plan.history.push_back(row);
    plan.updates.push_back({{1, 1}, {0xC0A80101, 80}, 0xAC100001, 5, 1, 1'700'000'000, true});
    plan.progress.push_back({agent(name), seq});
    return plan;
  };
}

// Where no row is refused.
inline result<void> keep_nothing(std::span<const storage::refused_row>) {
  return {errc::io_failed, "nothing was to be refused"};
}

inline std::uint64_t calls_in(const test_database& database) {
  return std::stoull(database.value("SELECT COALESCE(SUM(succ + err), 0) FROM CallHistory"));
}

inline result<storage::status_written> write(storage::status_store& store, char name,
                                             const storage::decide_status& decide,
                                             const storage::keep_refused& keep = keep_nothing) {
  const std::vector agents{agent(name)};
  return store.write(agents, decide, keep);
}

// Hosts with these ports in either table, and the agent's progress.
inline storage::decide_status hosts(std::vector<std::uint32_t> ports) {
  return [=](const storage::status_state&) {
    storage::status_plan plan;
    for (const std::uint32_t port : ports) {
      plan.updates.push_back({{1, 1}, {1, port}, 9, 5, 1, 1'700'000'000, true});
      plan.history.push_back({{1, 1}, {1, port}, storage::finest_step, 1'700'000'000, {1, 0, 0, 0, {}}});
    }
    plan.progress.push_back({agent('a'), 1});
    return plan;
  };
}

inline std::string progress_of(const test_database& database) {
  return database.value("SELECT COALESCE(MAX(seq), 0) FROM ReportProgress");
}

}  // namespace lars::test
