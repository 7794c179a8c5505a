// What is seen of a fleet during one phase of a run.
#pragma once

#include <cstdint>
#include <vector>

#include "lab/caller.hpp"
#include "lab/instant.hpp"
#include "lab/latency_histogram.hpp"

namespace lars::lab {

// Results of one phase of one run.
struct phase_figures {
  double goodput = 0;  // successes a second
  double p50_ms = 0;   // of successes, and of calls that nobody answered in time
  double p99_ms = 0;
  double p999_ms = 0;
  double error_rate = 0;           // of all calls that ended, 0 .. 1
  double cpu_max_min = 0;          // the busiest server's CPU over the idlest's; 0 where one had none
  double cpu_sigma = 0;            // deviation between servers, in percent of a server
  double max_share = 0;            // largest part of all picks of a tick that fell on one server
  double converge_s = 0;           // until servers differed no more than in the end
  std::vector<double> server_qps;  // picks a second
};

// Threads: owner context only. REQUIRES: begin() first, end() last, time never decreases.
class phase_meter {
public:
  // `busy`: core time spent by each server so far; `cores`: how many it has.
  phase_meter(std::vector<int> cores) : cores_(std::move(cores)) {}
  void begin(instant now, const std::vector<instant>& busy);
  void note_pick(std::uint32_t server, instant now);
  void note_end(call_end end, instant latency);
  phase_figures end(instant now, const std::vector<instant>& busy);

private:
  void close_tick();

  const std::vector<int> cores_;  // by server, like all below
  instant began_{0};
  std::vector<instant> busy_;
  std::vector<std::uint64_t> picks_;
  latency_histogram latencies_;
  std::uint64_t successes_ = 0;
  std::uint64_t errors_ = 0;
  instant::rep tick_number_ = 0;
  std::vector<std::uint32_t> tick_picks_;
  std::uint32_t tick_total_ = 0;
  double max_share_ = 0;
};

// Servers' CPU, 0 .. 1, over a stretch of time that took their core time from `before` to `after`.
std::vector<double> cpu_between(const std::vector<instant>& before, const std::vector<instant>& after,
                                const std::vector<int>& cores, instant length);

// Seconds until `spreads` (one a second: how much servers differ) came down to where they end. The end is their mean
// over the latter half; three seconds in a row must on average not exceed it by more than a quarter.
double convergence_of(const std::vector<double>& spreads);

}  // namespace lars::lab
