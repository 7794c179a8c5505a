// Decides which batches of a flush count, and adds them up to rows. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "reporter/batch.hpp"
#include "reporter/batch_time.hpp"
#include "storage/status_row.hpp"

namespace lars::reporter {

// The outcome for one incarnation of an agent, sent to it after the commit.
struct agent_outcome {
  base::agent_id agent;
  std::uint64_t applied = 0;    // the last batch that was applied
  bool gap = false;             // a later batch came without its predecessor: the agent sends again
  std::uint64_t forgotten = 0;  // batches that were acknowledged and that the database lost
  std::uint32_t caller = 0;     // the address its batches came from
};

// An agent whose clock is wrong by noticed_skew or more.
struct skewed_agent {
  std::uint32_t caller = 0;
  std::int64_t skew = 0;  // of its last batch in the flush, in seconds; positive = ahead
  bool aged = false;      // its batches carry their age, so their calls get the right time
};

struct flush_result {
  storage::status_plan plan;
  std::vector<agent_outcome> agents;  // by id
  std::size_t batches = 0;            // applied
  std::size_t duplicates = 0;
  std::size_t gaps = 0;
  std::size_t skewed = 0;                   // batches of agents whose clocks are wrong
  std::vector<skewed_agent> skewed_agents;  // by caller, each once
};

// The incarnations of agents with batches here, sorted, each once.
std::vector<base::agent_id> agents_of(std::span<const batch> batches);

// Counts each batch exactly once: in the order given, a batch is applied if its seq is the last applied one + 1. If an
// agent has an acknowledgement for more than the database has, the missing batches are lost, and the next one counts.
// `progress` was read in this transaction; on a cluster it may be old. So each decision that rests on it (applied, gap,
// lost) puts a row of progress into the plan, and the commit fails if another node wrote that row since.
// `progress` has an entry for each of agents_of(batches), in that order. nullopt: the database keeps none; then every
// batch counts, and only ServerCallStatus is written. Batches of old agents always count.
// The time of calls is by the database's clock (batch_time.hpp); the times of old agents go into the status unchanged.
flush_result aggregate(std::span<const batch> batches,
                       const std::optional<std::vector<storage::agent_progress>>& progress, const flush_moment& now);

}  // namespace lars::reporter
