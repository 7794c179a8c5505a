// Measures a fleet during one phase of a run.
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
  double p50_ms = 0;   // of successes and of calls that timed out
  double p99_ms = 0;
  double p999_ms = 0;
  double error_rate = 0;           // of all calls that ended, 0 .. 1
  double cpu_max_min = 0;          // highest over lowest CPU of a server; 0 where a server used none
  double cpu_sigma = 0;            // standard deviation of CPU between servers, in percent of a server
  double max_share = 0;            // largest share of a server among the picks of any tick
  double converge_s = 0;           // time until servers differed no more than at the end
  std::vector<double> server_qps;  // picks a second
};

// Threads: owner context only. REQUIRES: begin() first, end() last, time never decreases.
class phase_meter {
public:
  // `busy`: core time of each server so far; `cores`: its number of cores.
  phase_meter(std::vector<int> cores) : cores_(std::move(cores)) {}
  void begin(instant now, const std::vector<instant>& busy);
  void note_pick(std::uint32_t server, instant now);
  void note_end(call_end end, instant latency);
  phase_figures end(instant now, const std::vector<instant>& busy);

private:
  void close_tick();

  const std::vector<int> cores_;  // by server, like the vectors below
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

// Each server's CPU, 0 .. 1, in a period in which its core time rose from `before` to `after`.
std::vector<double> cpu_between(const std::vector<instant>& before, const std::vector<instant>& after,
                                const std::vector<int>& cores, instant length);

// Seconds until `spreads` (the spread between servers in each second) fell to their final level. The final level is the
// mean of the latter half; the mean of three consecutive seconds must not exceed it by more than a quarter.
double convergence_of(const std::vector<double>& spreads);

}  // namespace lars::lab
