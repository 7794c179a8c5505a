// The command line of `lars bench qps`.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "bench/qps_load.hpp"
#include "bench/transport_bench.hpp"

namespace lars::bench {

// What is measured.
enum class qps_mode {
  help,
  running_agent,  // an agent that runs already, over UDP
  transports,     // the transports of an agent started for the measurement, as in all below
  compare,        // --compare
  interfaces,     // --public
  agent_cost,     // --rate: the agent's processor time and memory
  callers,        // --callers: the memory of many callers
};

struct qps_settings {
  qps_mode mode = qps_mode::running_agent;
  load_config load;        // for running_agent
  transport_settings own;  // for all others
  std::size_t runs = 9;    // for compare and interfaces
  bool json = false;
};

// Throws boost::program_options::error where an option is wrong.
qps_settings qps_settings_of(const std::vector<std::string>& args);

void print_qps_help(std::ostream& out);

}  // namespace lars::bench
