// Runs a scenario for every policy, load and seed, in parallel.
#pragma once

#include <functional>
#include <lars/error.hpp>
#include <string>
#include <vector>

#include "lab/caller.hpp"
#include "lab/phase_meter.hpp"
#include "lab/scenario.hpp"

namespace lars::lab {

// A policy or ablation, with the scenario as it runs under it.
struct contestant {
  std::string name;  // in the results
  caller_factory callers;
  scenario plan;
};

// A contestant for each policy of the plan and each of these ablations. errc::invalid_argument for an unknown name; it
// lists the known ones.
result<std::vector<contestant>> contestants_of(const scenario& plan, const std::vector<std::string>& ablations);

// The results of one contestant at one load.
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

// Runs all and returns the cells by contestant, then by load. The result does not depend on the number of threads.
// Calls `on_run(done, total)` after each run, one call at a time. Threads: blocking. Throws what a run throws, once the
// other runs have stopped.
std::vector<experiment_cell> run_experiment(const experiment_plan& plan,
                                            const std::function<void(std::size_t done, std::size_t total)>& on_run);

}  // namespace lars::lab
