// A scenario: a fleet, its callers, faults and phases.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "balance/health/health_config.hpp"
#include "lab/limiter.hpp"
#include "lab/server.hpp"

namespace lars::lab {

enum class fault_kind {
  delay,    // delays every answer of the server by `delay`; 0s ends it
  kill,     // in-flight calls fail at once, new ones are refused
  restart,  // takes calls again, without history
  remove,   // removes it from the module's hosts
  add,      // adds it to the module's hosts
};

struct fault {
  std::string name;
  instant at{0};
  std::uint32_t server = 1;  // from 1
  fault_kind kind = fault_kind::delay;
  instant delay{0};
};

// A period of the run with a row of results.
struct phase {
  std::string name;
  instant from{0};
  instant to{0};
};

// Published figures of a policy: offered load and goodput, in units.
struct published_curve {
  std::string policy;
  std::vector<std::pair<double, double>> points;
};

// Immutable after construction. Values are within the bounds that scenario_reader checks.
struct scenario {
  std::string name;
  std::string title;
  double unit = 1;              // calls a second per unit of `offered`
  std::vector<double> offered;  // loads, in units
  std::uint32_t agents = 1;
  instant warm_up{0};
  instant measured{0};
  std::vector<std::string> policies;  // with parameters, as on the command line

  std::vector<server_spec> servers;  // by number
  instant rtt{0};
  instant timeout = std::chrono::seconds(5);
  std::optional<limiter_config> limit;
  report_config reports;
  balance::health_config health;
  std::vector<fault> faults;
  std::vector<phase> phases;  // at least one
  std::vector<published_curve> published;

  instant length() const { return warm_up + measured; }
};

}  // namespace lars::lab
