// What is simulated: a fleet, its callers, what happens to them, and when one looks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "balance/health_config.hpp"
#include "lab/limiter.hpp"
#include "lab/server.hpp"

namespace lars::lab {

enum class fault_kind {
  delay,    // every answer of the server is later by `delay`; 0s ends it
  kill,     // calls under way fail at once, new ones are refused
  restart,  // it takes calls again, as if new
  remove,   // callers are told that it is no host any more
  add,      // and that it is one
};

struct fault {
  std::string name;
  instant at{0};
  std::uint32_t server = 1;  // from 1
  fault_kind kind = fault_kind::delay;
  instant delay{0};
};

// A stretch of the run with results of its own.
struct phase {
  std::string name;
  instant from{0};
  instant to{0};
};

// What others measured under a policy: offered and goodput, in units.
struct published_curve {
  std::string policy;
  std::vector<std::pair<double, double>> points;
};

// Immutable after construction. Values are within the bounds that the scenario's reader checks.
struct scenario {
  std::string name;
  std::string title;
  double unit = 1;              // calls a second in one unit of `offered`
  std::vector<double> offered;  // loads, in units
  std::uint32_t agents = 1;
  instant warm_up{0};
  instant measured{0};
  std::vector<std::string> policies;  // with their parameters, as on the command line

  std::vector<server_spec> servers;  // one after the other
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
