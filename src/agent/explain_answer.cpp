#include "agent/explain_answer.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "balance/policy/registry.hpp"
#include "base/endpoint.hpp"
#include "base/json_writer.hpp"

namespace lars::agent {
namespace {

constexpr std::size_t most_hosts = 2000;

std::optional<std::int32_t> number_of(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!parameter.starts_with(name) || parameter.substr(name.size(), 1) != "=") continue;
    const auto text = parameter.substr(name.size() + 1);
    std::int32_t value = 0;
    const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

const char* name_of(host_state state) {
  return state == host_state::up ? "up" : state == host_state::drain ? "drain" : "down";
}

const char* reason_of(balance::availability available) {
  switch (available) {
    case balance::availability::in:
      break;
    case balance::availability::drained:
      return "drained";
    case balance::availability::down:
      return "down";
    case balance::availability::weightless:
      return "weight 0";
    case balance::availability::ejected:
      return "overloaded";
  }
  return "";
}

std::optional<double> milliseconds(std::uint64_t ns) {
  return ns == 0 ? std::nullopt : std::optional(static_cast<double>(ns) / 1e6);
}

std::string host_json(const balance::host_explanation& host) {
  base::json_object out;
  out.put("ip", base::format_ipv4(host.where.ip));
  out.put("port", std::uint64_t{host.where.port});
  out.put("state", name_of(host.state));
  out.put("weight", std::uint64_t{host.weight});
  out.put("zone", host.zone);
  out.put("verdict", host.health == balance::verdict::idle ? "idle" : "overloaded");
  out.put("failures", std::uint64_t{host.failures});
  out.put("successes", std::uint64_t{host.successes});
  out.put("in", host.available == balance::availability::in);
  out.put("out_because", host.available == balance::availability::in ? std::optional<std::string_view>()
                                                                     : std::string_view(reason_of(host.available)));
  out.put("calls", host.calls);
  out.put("latency_ms", milliseconds(host.latency_ns));
  out.put("draw_share", host.draw_share);
  out.put("failure_calls", host.failure_calls);
  out.put("load_weight", host.load_weight);
  out.put("score", host.score);
  out.put("awaited", host.awaited);
  out.put("chance", host.chance);
  return out.text();
}

std::string parameters_json(const balance::policy_settings& policy) {
  base::json_object out;
  for (const auto& [name, value] : balance::parameters_of(policy)) out.put(name, std::string_view(value));
  return out.text();
}

std::string explanation_json(route_key key, const balance::explanation& module) {
  base::json_object out;
  out.put("modid", std::int64_t{key.modid});
  out.put("cmdid", std::int64_t{key.cmdid});
  out.put("policy", balance::policy_of(module.policy.kind).name);
  out.put_json("parameters", parameters_json(module.policy));
  out.put("mode", module.mode.empty() ? std::optional<std::string_view>() : module.mode);
  out.put("reporting", std::uint64_t{module.reporting});
  out.put("callers_report", module.callers_report);
  out.put("idle", std::uint64_t{module.hosts.idle});
  out.put("overloaded", std::uint64_t{module.hosts.ejected});
  out.put("members", std::uint64_t{module.members});
  out.put("subset_size", std::uint64_t{module.subset.size});
  out.put("route_hosts", std::uint64_t{std::max(module.subset.known, module.members)});
  out.put("median_ms", milliseconds(module.median_ns));
  out.put("probe_num", module.probe_num);
  out.put("to_probe", module.picks_to_trial);
  out.put("draws", std::uint64_t{module.draws});
  out.put("none", module.none);
  base::json_array hosts;
  for (const auto& host : module.each) hosts.add_json(host_json(host));
  out.put_json("hosts", hosts.text());
  return out.text() + '\n';
}

}  // namespace

http::response explain_answer(const service_index& modules, const http::request& request, base::random_source draw,
                              base::time_point now) {
  const auto modid = number_of(request.query, "modid");
  const auto cmdid = number_of(request.query, "cmdid");
  if (!modid || !cmdid) return http::problem(400, "modid and cmdid must be 32-bit integers");
  const route_key key{*modid, *cmdid};
  const reader_epochs::visit visit(modules.readers());
  auto* const module = modules.find(key);
  const auto explanation = module == nullptr ? balance::explanation() : module->explain(most_hosts, draw, now);
  if (explanation.members == 0)
    return http::problem(404,
                         "this agent has no route for module " + std::to_string(*modid) + ' ' + std::to_string(*cmdid) +
                             "; it requests the route when a program first asks for a host",
                         no_such_module_type);
  return {200, explanation_json(key, explanation), "application/json"};
}

}  // namespace lars::agent
