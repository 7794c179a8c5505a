// One transport of an agent of its own, measured whole: how fast callers pick, what the agent spends on it, and whether
// it heard of every call.
#pragma once

#include <chrono>
#include <filesystem>
#include <lars/error.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "bench/figures.hpp"
#include "bench/own_agent.hpp"
#include "client/caller.hpp"

namespace lars::bench {

// What is measured. Immutable after construction.
struct transport_settings {
  std::vector<client::transport> transports;  // one after the other
  table_size size{100, 5};
  std::vector<std::string> policies;  // one after the other, where transports are measured; else one; none = configured
  std::size_t processes = 1;
  std::size_t threads = 1;  // of each process
  std::chrono::milliseconds each{2000};
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds churn{100};  // between two changes of routes
  double rate = 0;                       // calls a second: the control loop is measured
  std::size_t callers = 0;               // processes of ten modules each: their memory is measured
  bool reporter = false;
  bool marks = false;
  std::optional<int> cpu;
};

// Figures, and what is wrong with them; empty = every call that was made was counted.
struct transport_figures {
  figure_row row;
  std::string wrong;
};

// Picks a second and how long they take, for each policy and transport. Errors as of own_agent::start() and
// pick_load::start().
result<std::vector<transport_figures>> measure_transports(const std::filesystem::path& program,
                                                          const transport_settings& settings, std::ostream& progress);

// What the agent's control loop and its memory come to under calls at a set rate, then at full speed. Likewise.
result<transport_figures> measure_control_loop(const std::filesystem::path& program, const transport_settings& settings,
                                               std::ostream& progress);

// The memory of many callers. Likewise.
result<transport_figures> measure_callers(const std::filesystem::path& program, const transport_settings& settings,
                                          std::ostream& progress);

}  // namespace lars::bench
