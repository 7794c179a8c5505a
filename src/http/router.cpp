#include "http/router.hpp"

#include <exception>
#include <utility>

#include "log/log.hpp"

namespace lars::http {
namespace {

response not_allowed(const std::map<std::string, handler>& methods) {
  std::string allowed;
  for (const auto& [method, answer] : methods) allowed += (allowed.empty() ? "" : ", ") + method;
  if (methods.contains("GET")) allowed += ", HEAD";
  auto refusal = problem(405, "allowed: " + allowed);
  refusal.headers.emplace_back("Allow", allowed);
  return refusal;
}

}  // namespace

void router::add(const std::string& method, const std::string& path, handler answer) {
  handlers_[path][method] = std::move(answer);
}

response router::answer(const request& asked) const {
  const auto methods = handlers_.find(asked.path);
  if (methods == handlers_.end()) return problem(404, "no such path");
  const auto found = methods->second.find(asked.method == "HEAD" ? "GET" : asked.method);
  if (found == methods->second.end()) return not_allowed(methods->second);
  try {
    return found->second(asked);
  } catch (const std::exception& failure) {
    log::error("http.handler_failed", {{"path", asked.path}, {"reason", failure.what()}});
    return problem(500, "");
  }
}

}  // namespace lars::http
