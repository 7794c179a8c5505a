// A run: simulates a fleet, its callers and their calls in virtual time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "lab/call_table.hpp"
#include "lab/caller.hpp"
#include "lab/event_queue.hpp"
#include "lab/fleet.hpp"
#include "lab/phase_meter.hpp"
#include "lab/scenario.hpp"

namespace lars::lab {

// The parameters of a run besides its scenario.
struct run_plan {
  double offered = 0;  // in the scenario's units
  std::uint64_t seed = 0;
  caller_factory callers;
};

// Calls arrive as a Poisson process of the offered rate, each at a random caller (open loop). The same plan gives the
// same figures. Callers have random streams of their own, so arrivals are the same under every policy.
// Lifetime: one run(). Threads: owner context only. REQUIRES: `plan` outlives it.
class simulation {
public:
  simulation(const scenario& plan, const run_plan& parameters);

  // Runs and returns the figures of each phase in the scenario's order; goodput in its units.
  std::vector<phase_figures> run();

  std::size_t calls_under_way() const { return calls_.in_use(); }

private:
  void schedule_all();
  void handle(const event& what);
  void arrive(instant now);
  void reach(std::uint32_t place, instant now);
  void work_done(std::uint32_t place, instant now);
  void reply(std::uint32_t place, instant now);
  void expire(instant now);
  void happen(const fault& what, instant now);
  void kill(std::uint32_t number, instant now);
  void look(instant now);
  void begin_phase(std::uint32_t number, instant now);
  void end_phase(std::uint32_t number, instant now);

  void move(std::uint32_t place, instant at, event_kind kind);
  void answer(std::uint32_t place, call_end end, instant at);
  void report_end(const call& current, call_end end, instant now);
  void watch_deadline(instant now);
  void tell_hosts(instant now);

  const scenario& plan_;
  const double arrival_mean_ns_;
  base::random_source arrivals_;
  base::random_source works_;
  base::random_source refusals_;
  event_queue events_;
  fleet fleet_;
  std::vector<std::unique_ptr<caller>> callers_;
  call_table calls_;
  deadline_queue deadlines_;
  bool deadline_watched_ = false;
  std::vector<phase_meter> meters_;
  std::vector<std::uint32_t> active_;  // phases
  std::vector<phase_figures> figures_;
  std::vector<double> spreads_;  // spread of the servers' CPU in each second since the beginning
  std::vector<instant> busy_at_look_;
};

}  // namespace lars::lab
