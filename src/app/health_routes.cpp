#include "app/health_routes.hpp"

#include <utility>

#include "app/process_metrics.hpp"

namespace lars::app {
namespace {

// A role that works in a degraded state is ready and adds a notice.
http::response readiness(const std::vector<role_face>& faces, bool stopping) {
  std::string why = stopping ? "the process is stopping" : "";
  std::string notices;
  for (const auto& face : faces) {
    const std::string reason = face.not_ready ? face.not_ready() : "";
    if (!reason.empty()) why += (why.empty() ? "" : "; ") + face.name + ": " + reason;
    const std::string notice = face.notice ? face.notice() : "";
    if (!notice.empty()) notices += face.name + ": " + notice + '\n';
  }
  return why.empty() ? http::response{200, "ready\n" + notices} : http::problem(503, why);
}

http::response liveness(const std::string& stuck) {
  return stuck.empty() ? http::response{200, "alive\n"} : http::problem(503, "stuck threads: " + stuck);
}

http::response metrics_of(const std::vector<role_face>& faces) {
  auto all = process_metrics();
  http::metric ready{"lars_ready", "1 while the role is ready, as /readyz reports.", http::metric_kind::gauge, {}};
  for (const auto& face : faces) {
    if (face.not_ready) ready.samples.push_back({{{"role", face.name}}, face.not_ready().empty() ? 1.0 : 0.0});
    http::merge(all, face.metrics());
  }
  if (!ready.samples.empty()) all.push_back(std::move(ready));
  return {200, http::metrics_text(all), http::metrics_type};
}

}  // namespace

http::router make_health_routes(std::vector<role_face> faces, const std::atomic<bool>& stopping,
                                std::function<std::string()> stuck) {
  http::router routes;
  for (const auto& face : faces)
    if (face.add_routes) face.add_routes(routes);
  routes.add("GET", "/livez", [stuck = std::move(stuck)](const http::request&) { return liveness(stuck()); });
  routes.add("GET", "/readyz", [faces, &stopping](const http::request&) { return readiness(faces, stopping); });
  routes.add("GET", "/metrics", [faces = std::move(faces)](const http::request&) { return metrics_of(faces); });
  return routes;
}

}  // namespace lars::app
