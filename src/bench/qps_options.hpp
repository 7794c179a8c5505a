// The command line of `lars bench qps`.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "bench/qps_load.hpp"
#include "bench/transport_bench.hpp"

namespace lars::bench {

// What is measured, and on which agent.
enum class qps_mode {
  help,
  running_agent,  // one that is there already, over UDP
  transports,     // one of its own, as all below
  compare,
  interfaces,
  route_manager,
  callers,
};

struct qps_settings {
  qps_mode mode = qps_mode::running_agent;
  load_config load;        // of a running agent
  transport_settings own;  // of one of its own
  std::size_t runs = 9;    // of compare and interfaces
  bool json = false;
};

// Throws boost::program_options::error with what is wrong.
qps_settings qps_settings_of(const std::vector<std::string>& args);

void print_qps_help(std::ostream& out);

}  // namespace lars::bench
