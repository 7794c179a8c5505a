// Checks a load report and passes it to its module, for both transports.
#pragma once

#include "agent/service/service_state.hpp"
#include "balance/load/load_check.hpp"

namespace lars::agent {

// The outcome of a load report that a caller forwards from a host.
enum class load_intake {
  none,      // the report is empty
  taken,     // the module recorded it
  ignored,   // the module or the host does not exist here
  rejected,  // implausible values, or no utilization
};

// Passes the report on. `module` is null if there is no such module. Any thread.
inline load_intake record_load(service_state* module, endpoint where, const balance::load_report& report,
                               base::time_point now) {
  if (report.utilization == 0 && report.qps == 0 && report.eps == 0) return load_intake::none;
  const auto load = balance::plausible(report);
  if (!load.known()) return load_intake::rejected;
  return module != nullptr && module->report_load(where, load, now) ? load_intake::taken : load_intake::ignored;
}

}  // namespace lars::agent
