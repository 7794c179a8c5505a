// The plot of an experiment: goodput over load, with published figures beside ours.
#pragma once

#include <ostream>
#include <vector>

#include "lab/result_rows.hpp"
#include "lab/scenario.hpp"

namespace lars::lab {

// One curve a policy, with intervals, for the first phase.
void write_policy_plot(const scenario& plan, const std::vector<result_row>& rows, std::ostream& out);

}  // namespace lars::lab
