#include "lab/experiment.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "lab/ablations.hpp"
#include "lab/policy_caller.hpp"
#include "lab/simulation.hpp"

namespace lars::lab {
namespace {

std::string ablation_names() {
  std::string names;
  for (const auto& spec : all_ablations()) names += (names.empty() ? "" : ", ") + std::string(spec.name);
  return names;
}

// Runs each job once, by number, until none is left or one throws.
// Lifetime: one experiment. Threads: work() any thread.
class job_pool {
public:
  job_pool(std::size_t jobs, std::function<void(std::size_t)> job,
           const std::function<void(std::size_t, std::size_t)>& on_done)
      : jobs_(jobs), job_(std::move(job)), on_done_(on_done) {}

  void run(std::uint32_t threads) {
    std::vector<std::thread> helpers;
    for (std::uint32_t i = 1; i < threads; ++i) helpers.emplace_back([this] { work(); });
    work();
    for (auto& helper : helpers) helper.join();
    if (failure_) std::rethrow_exception(failure_);
  }

private:
  void work() {
    for (std::size_t number = next_++; number < jobs_; number = next_++) {
      try {
        job_(number);
        const std::lock_guard guard(lock_);
        on_done_(++done_, jobs_);
      } catch (...) {
        const std::lock_guard guard(lock_);
        if (!failure_) failure_ = std::current_exception();
        next_ = jobs_;
      }
    }
  }

  const std::size_t jobs_;
  const std::function<void(std::size_t)> job_;
  const std::function<void(std::size_t, std::size_t)>& on_done_;
  std::atomic<std::size_t> next_{0};
  std::mutex lock_;  // guards what follows
  std::size_t done_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

result<std::vector<contestant>> contestants_of(const scenario& plan, const std::vector<std::string>& ablations) {
  std::vector<contestant> contestants;
  for (const auto& name : plan.policies) {
    const auto policy = parse_policy(name);
    if (!policy) return policy.error();
    contestants.push_back({name, policy_callers(*policy, plan.health), plan});
  }
  for (const auto& name : ablations) {
    const auto kind = find_ablation(name);
    if (!kind) return {errc::invalid_argument, "ablation '" + name + "' is unknown; there are: " + ablation_names()};
    contestants.push_back({"ablation:" + name, ablation_callers(*kind), changed_by(*kind, plan)});
  }
  return contestants;
}

std::vector<experiment_cell> run_experiment(const experiment_plan& plan,
                                            const std::function<void(std::size_t done, std::size_t total)>& on_run) {
  std::vector<experiment_cell> cells;
  for (const auto& one : plan.contestants)
    for (const double offered : plan.offered) {
      cells.push_back({one.name, offered, {}});
      cells.back().seeds.resize(plan.seeds);
    }
  const auto run_one = [&](std::size_t number) {
    const auto cell = number / plan.seeds;
    const auto seed = number % plan.seeds;
    const auto& who = plan.contestants[cell / plan.offered.size()];
    simulation run(who.plan, {cells[cell].offered, seed + 1, who.callers});
    cells[cell].seeds[seed] = run.run();
  };
  const auto threads = std::max<std::size_t>(1, std::min<std::size_t>(plan.threads, cells.size() * plan.seeds));
  job_pool(cells.size() * plan.seeds, run_one, on_run).run(static_cast<std::uint32_t>(threads));
  return cells;
}

}  // namespace lars::lab
