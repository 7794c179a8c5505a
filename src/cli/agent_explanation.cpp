#include "cli/agent_explanation.hpp"

#include <boost/json.hpp>

#include "base/endpoint.hpp"
#include "cli/http_get.hpp"

namespace lars::cli {
namespace {

namespace json = boost::json;

constexpr const char* no_such_module = "tag:lars,2026:no-such-module";  // the type in the problem+json of the agent

std::optional<json::object> object_of(const std::string& body) {
  json::error_code failure;
  auto value = json::parse(body, failure);
  if (failure || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

lars::error no_agent(endpoint where) {
  return {errc::system_error, "the HTTP server at " + base::format_endpoint(where) +
                                  " is not an agent; name the agent's [http] port with --config or --set http.port="};
}

result<agent_explanation> read(endpoint where, const http_answer& answer) {
  auto object = object_of(answer.body);
  if (answer.status == 404 && object && text_of(*object, "type") == no_such_module)
    return {errc::no_such_module, std::string(text_of(*object, "detail"))};
  if (answer.status != 200 || !object || !object->contains("hosts")) return no_agent(where);
  return agent_explanation{answer.body, *std::move(object)};
}

}  // namespace

std::string_view text_of(const boost::json::object& object, const char* name) {
  const auto* const value = object.if_contains(name);
  const auto* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

std::optional<double> number_of(const boost::json::object& object, const char* name) {
  const auto* const value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

bool is_set(const boost::json::object& object, const char* name) {
  const auto* const value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

result<agent_explanation> ask_explanation(const std::vector<endpoint>& servers, route_key key) {
  const auto target = "/explain?modid=" + std::to_string(key.modid) + "&cmdid=" + std::to_string(key.cmdid);
  std::optional<lars::error> failure;
  for (const auto where : servers) {
    const auto answer = http_get(where, target);
    const std::string server = "the agent's HTTP port at " + base::format_endpoint(where);
    auto explanation = answer ? read(where, *answer) : result<agent_explanation>(answer.error().code, server);
    if (explanation || explanation.error().code == errc::no_such_module) return explanation;
    if (!failure) failure = explanation.error();
  }
  return failure.value_or(lars::error{errc::connection_refused,
                                      "the agent's HTTP port is not known; name it with --config or --set http.port="});
}

std::vector<endpoint> isolated_hosts(const json::object& content) {
  std::vector<endpoint> isolated;
  const auto* const hosts = content.if_contains("hosts");
  if (hosts == nullptr || !hosts->is_array()) return isolated;
  for (const auto& element : hosts->get_array()) {
    const auto* const host = element.if_object();
    if (host == nullptr || text_of(*host, "verdict") != "overloaded") continue;
    const auto ip = base::parse_ipv4(text_of(*host, "ip"));
    const auto port = number_of(*host, "port");
    if (ip && port && *port >= 1 && *port <= 65535) isolated.push_back({*ip, static_cast<std::uint32_t>(*port)});
  }
  return isolated;
}

}  // namespace lars::cli
