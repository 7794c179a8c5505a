// What a flush comes to: which batches count, and the rows that they add up to. Pure.
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

// What one incarnation of an agent is told after the commit.
struct agent_outcome {
  base::agent_id agent;
  std::uint64_t applied = 0;    // the last batch that counts
  bool gap = false;             // a later one came without its predecessor and is to be sent again
  std::uint64_t forgotten = 0;  // batches that were acknowledged and that the database has lost
  std::uint32_t caller = 0;     // where batches of it came from
};

// An agent whose clock is further off than noticed_skew.
struct skewed_agent {
  std::uint32_t caller = 0;
  std::int64_t skew = 0;  // of its last batch here, in seconds; positive = ahead
  bool aged = false;      // its batches tell their age, so their calls are where they belong
};

struct flush_result {
  storage::status_plan plan;
  std::vector<agent_outcome> agents;  // by id
  std::size_t batches = 0;            // that count
  std::size_t duplicates = 0;
  std::size_t gaps = 0;
  std::size_t skewed = 0;                   // batches of agents whose clocks are wrong
  std::vector<skewed_agent> skewed_agents;  // by caller, each once
};

// The incarnations that have batches here, sorted, each once.
std::vector<base::agent_id> agents_of(std::span<const batch> batches);

// Applies the rule that makes a batch count exactly once: iff its seq is the last one + 1, in the order given. Where an
// agent has an acknowledgement of more than the database knows, what is missing there is lost, and the agent goes on
// after it under its own name.
// Progress is what this look at the database found, which on a cluster may be late. So whatever goes by it is written:
// applied batches, a gap, and what is taken for lost all put a row of progress into the plan, and a commit of such a
// row fails where another node has written it since.
// `progress` has an entry for each of agents_of(batches), in that order; nullopt: the database keeps none, so whatever
// comes counts, and only ServerCallStatus is written. Batches of old agents always count.
// Calls are placed by the database's clock: batch_time.hpp. What old agents say goes into the status as it is.
flush_result aggregate(std::span<const batch> batches,
                       const std::optional<std::vector<storage::agent_progress>>& progress, const flush_moment& now);

}  // namespace lars::reporter
