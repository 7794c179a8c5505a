// The diagram of an experiment: goodput over load, ours beside what was published.
#pragma once

#include <ostream>
#include <vector>

#include "lab/result_rows.hpp"
#include "lab/scenario.hpp"

namespace lars::lab {

// A curve for each policy, with intervals, of the first phase.
void write_policy_plot(const scenario& plan, const std::vector<result_row>& rows, std::ostream& out);

}  // namespace lars::lab
