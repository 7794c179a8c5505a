// Measures a transport of an agent started for the measurement: the speed of picks, the agent's processor time, and
// whether the agent counted every call.
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

// Immutable after construction.
struct transport_settings {
  std::vector<client::transport> transports;  // measured one after the other
  table_size size{100, 5};
  std::vector<std::string> policies;  // measured one after the other; empty = as configured
  std::size_t processes = 1;
  std::size_t threads = 1;  // of each process
  std::chrono::milliseconds each{2000};
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds churn{100};  // between two route changes
  double rate = 0;                       // calls a second, for measure_agent_cost()
  std::size_t callers = 0;               // processes of ten modules each, for measure_callers()
  bool reporter = false;
  bool marks = false;
  std::optional<int> cpu;
};

struct transport_figures {
  figure_row row;
  std::string wrong;  // how the agent's counts differ from the calls made; empty = they do not
};

// Picks a second and their times, for each policy and transport. Errors: as own_agent::start() and pick_load::start().
result<std::vector<transport_figures>> measure_transports(const std::filesystem::path& program,
                                                          const transport_settings& settings, std::ostream& progress);

// The agent's processor time and memory under calls at a set rate, then at full speed. Errors: likewise.
result<transport_figures> measure_agent_cost(const std::filesystem::path& program, const transport_settings& settings,
                                             std::ostream& progress);

// The memory of many callers. Errors: likewise.
result<transport_figures> measure_callers(const std::filesystem::path& program, const transport_settings& settings,
                                          std::ostream& progress);

}  // namespace lars::bench
