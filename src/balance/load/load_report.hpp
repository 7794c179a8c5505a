// What a host reports of its own load; callers pass it on.
#pragma once

namespace lars::balance {

// All three are of the same window of the host, or the weights that follow them oscillate. 0 = unknown; so is what
// cannot be: negative or not a number.
struct load_report {
  double utilization = 0;  // of the whole host, 1 = full
  double qps = 0;          // calls a second
  double eps = 0;          // of those, failures a second

  bool known() const { return utilization > 0; }
};

}  // namespace lars::balance
