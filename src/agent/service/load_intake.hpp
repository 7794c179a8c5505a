// The way of a load report into its module, the same through both transports.
#pragma once

#include "agent/service/service_state.hpp"
#include "balance/load_check.hpp"

namespace lars::agent {

// What became of what a caller says that a host said of its load.
enum class load_intake {
  none,      // nothing was said
  taken,     // the module has it
  ignored,   // about a module or a host that is not, or no longer, there
  rejected,  // it cannot be, or lacks the utilization
};

// Hands it on. `to` may be null: there is no such module. Any thread.
inline load_intake take_load(service_state* to, endpoint where, const balance::load_report& said,
                             base::time_point now) {
  if (said.utilization == 0 && said.qps == 0 && said.eps == 0) return load_intake::none;
  const auto load = balance::plausible(said);
  if (!load.known()) return load_intake::rejected;
  return to != nullptr && to->report_load(where, load, now) ? load_intake::taken : load_intake::ignored;
}

}  // namespace lars::agent
