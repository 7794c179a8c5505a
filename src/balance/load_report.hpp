// What a host says of its own load, as its callers pass on.
#pragma once

namespace lars::balance {

// All three over one and the same window of the host's, or the weights that follow them oscillate (POLICIES §0.4).
// 0 = unknown, whatever cannot be (negative, not a number) likewise.
struct load_report {
  double utilization = 0;  // of the whole host, 1 = full
  double qps = 0;          // calls a second
  double eps = 0;          // of those, failures a second

  bool known() const { return utilization > 0; }
};

}  // namespace lars::balance
