// Many runs of one scenario: every policy at every load, each with several seeds, over the processor's cores.
#pragma once

#include <functional>
#include <lars/error.hpp>
#include <string>
#include <vector>

#include "lab/caller.hpp"
#include "lab/phase_meter.hpp"
#include "lab/scenario.hpp"

namespace lars::lab {

// One way to spread calls, and the scenario as it runs under it.
struct contestant {
  std::string name;  // as results call it
  caller_factory callers;
  scenario plan;
};

// A contestant for each policy of the plan, and for each of these ablations.
// errc::invalid_argument: the name is not there, with those that are.
result<std::vector<contestant>> contestants_of(const scenario& plan, const std::vector<std::string>& ablations);

// What the runs of one contestant at one load came to.
struct experiment_cell {
  std::string policy;
  double offered = 0;
  std::vector<std::vector<phase_figures>> seeds;  // by seed, then by phase
};

struct experiment_plan {
  std::vector<contestant> contestants;
  std::vector<double> offered;
  std::uint32_t seeds = 5;    // numbered from 1
  std::uint32_t threads = 1;  // at least 1
};

// Runs everything and returns the cells, contestant by contestant, in order of load: the same whatever the threads do.
// `on_run` is told after each run, one at a time, how many of how many are done. Threads: blocking. Errors: what a run
// throws, once the others have stopped.
std::vector<experiment_cell> run_experiment(const experiment_plan& plan,
                                            const std::function<void(std::size_t done, std::size_t of)>& on_run);

}  // namespace lars::lab
