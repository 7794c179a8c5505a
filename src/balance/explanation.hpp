// Explains the next pick to people: the policy, what it knows of each host, and which hosts are not available.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balance/module_state.hpp"
#include "balance/policy/cursor.hpp"
#include "balance/policy/subset.hpp"
#include "base/random.hpp"

namespace lars::balance {

enum class availability : std::uint8_t {
  in,          // it may be picked
  drained,     // it is to get no new calls
  down,        // it is to get no calls
  weightless,  // its weight is 0
  ejected,     // it failed: only trials go there
};

struct host_explanation {
  endpoint where;
  host_state state = host_state::up;  // as routes say
  std::uint32_t weight = 0;           // likewise
  std::string zone;                   // likewise; empty = none
  verdict health = verdict::idle;
  std::uint32_t successes = 0;  // since the verdict or its window began
  std::uint32_t failures = 0;   // likewise
  availability available = availability::in;
  std::uint64_t calls = 0;              // under way, as pickers see them
  std::uint64_t latency_ns = 0;         // EWMA; 0 = not known
  std::optional<double> draw_share;     // of draws or turns, where the policy draws or weighs; 0 .. 1
  std::optional<double> failure_calls;  // p2c: calls that recent failures count for
  std::optional<double> load_weight;    // that follows reported load, in units of the base weight
  std::optional<double> score;          // what the policy compares; the lower the better
  bool awaited = false;                 // p2c: no score, as its first answer is waited for
  double chance = 0;                    // to be picked next, 0 .. 1
};

// Immutable once its chances are estimated.
struct explanation {
  policy_settings policy;
  std::string_view mode;       // what p2c goes by, or what least_request compares; empty for the others
  std::size_t reporting = 0;   // hosts that told of their load lately
  bool callers_report = true;  // else calls under way are not known and taken for 0
  population hosts;
  std::uint64_t median_ns = 0;                  // of the latencies that are known; 0 = none is
  std::uint64_t probe_num = 0;                  // picks between two trials of ejected hosts
  std::optional<std::uint64_t> picks_to_trial;  // picks before the next trial; nothing if no host is ejected
  subset_extent subset;                         // that the membership is of; the module's agent fills it in
  std::size_t members = 0;                      // also those beyond the hosts that are explained
  std::vector<host_explanation> each;           // in the order of the membership
  std::uint32_t draws = 0;                      // that chances were estimated from
  double none = 0;                              // the chance that no host is picked
};

// All but the chances, of at most so many hosts. `own` is the cursor of whose pick it is. Pure.
// REQUIRES: nobody writes to the module meanwhile (its lock).
explanation explain(const module_state& hosts, const cursor& own, std::size_t most_hosts, base::time_point now);

// The chances, of a thousand next picks of copies of that cursor (fewer where a module is huge); nothing is counted.
// Threads: any, while the module's memory lives.
void estimate_chances(explanation& of, const module_view& module, const cursor& own, base::random_source& draw);

}  // namespace lars::balance
