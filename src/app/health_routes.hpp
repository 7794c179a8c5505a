// The HTTP paths of a process: /livez, /readyz and /metrics, and the additional paths of its roles.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "http/metric.hpp"
#include "http/router.hpp"

namespace lars::app {

// The health and metrics of one role. Threads: any thread.
struct role_face {
  std::string name;
  std::function<std::string()> not_ready;  // reason; empty text = ready; no function = not part of /readyz
  std::function<std::vector<http::metric>()> metrics;
  std::function<std::string()> notice = {};            // degraded state; empty text or no function = none
  std::function<void(http::router&)> add_routes = {};  // of the role; no function = none
};

// `stuck` returns the names of the stuck threads, empty if there are none; /livez calls it.
// REQUIRES: `stopping` and the objects that `faces` refers to outlive every answer.
http::router make_health_routes(std::vector<role_face> faces, const std::atomic<bool>& stopping,
                                std::function<std::string()> stuck);

}  // namespace lars::app
