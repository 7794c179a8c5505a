// What a host says of its own load, as its callers pass on.
#pragma once

namespace lars::balance {

// All three cover the same window of the host; weights that follow figures of different windows oscillate.
// 0 = unknown, whatever cannot be (negative, not a number) likewise.
struct load_report {
  double utilization = 0;  // of the whole host, 1 = full
  double qps = 0;          // calls a second
  double eps = 0;          // of those, failures a second

  bool known() const { return utilization > 0; }
};

}  // namespace lars::balance
