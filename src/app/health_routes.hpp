// /livez, /readyz and /metrics of a process, whatever its roles, and what paths a role has of its own.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "http/metric.hpp"
#include "http/router.hpp"

namespace lars::app {

// What one role tells of itself. Threads: any thread.
struct role_face {
  std::string name;
  std::function<std::string()> not_ready;  // why; an empty text = ready; no function: it is not asked
  std::function<std::vector<http::metric>()> metrics;
  std::function<std::string()> notice = {};         // what it does with less than it should; likewise
  std::map<std::string, http::handler> pages = {};  // answers to GET by path, beyond those of every role
};

// `stuck` names the threads that stand still; empty while all turn. /livez asks it.
// REQUIRES: `stopping` and what the faces refer to outlive every answer.
http::router make_health_routes(std::vector<role_face> faces, const std::atomic<bool>& stopping,
                                std::function<std::string()> stuck);

}  // namespace lars::app
