// Weights that follow the load that hosts report, so that all are equally busy: the rule of RALB (docs/policies.md).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balance/load/load_report.hpp"
#include "balance/table/policy_settings.hpp"
#include "base/clock.hpp"

namespace lars::balance {

// What one window showed of one host, and the weight that came of it. In units of the base weight.
struct host_weight {
  std::uint32_t calls = 0;     // ended in this window
  std::uint32_t failures = 0;  // of those
  double value = 0;            // 0 = takes no calls
  double load_sum = 0;         // utilisations in this window
  std::uint32_t reports = 0;
  bool settled = false;  // it has had a load report since it came (back)

  void note(const load_report& report);
  void note(std::uint64_t ends, std::uint64_t failed);
};

// What the rule needs to know of a host besides.
struct weighed_host {
  host_weight* own;
  double base = 1;           // the static weight over the fleet's usual one
  bool takes_calls = false;  // otherwise its weight becomes 0, and a low one when it is back
};

// One step at the end of a window; the window begins anew. Hosts without a report keep their weight: no news is not
// idleness. Of hosts with one, each weight is multiplied by how much less busy than the average it is, all are scaled
// so that their mean is the base, and clamped to the base times and over max_adjust_ratio.
void turn_window(std::span<const weighed_host> hosts, const policy_settings& settings);

// What a host begins with: the full weight in a fleet that is new with it, the low one where others are settled.
double first_weight(double base, bool others_are_settled, const policy_settings& settings);

}  // namespace lars::balance
