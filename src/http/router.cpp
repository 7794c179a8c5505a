#include "http/router.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

#include "http/url.hpp"
#include "log/log.hpp"

namespace lars::http {
namespace {

template <class Methods>
response not_allowed(const Methods& methods) {
  std::string allowed;
  for (const auto& [method, route] : methods) allowed += (allowed.empty() ? "" : ", ") + method;
  if (methods.contains("GET")) allowed += ", HEAD";
  auto refusal = problem(405, "allowed: " + allowed);
  refusal.headers.emplace_back("Allow", allowed);
  return refusal;
}

// Receives the body before an answer that does not need it: the connection can go on.
asio::awaitable<response> after_body(request& asked, const body_receiver& receive, response answer) {
  const body_limits limits;
  auto refusal = co_await receive(asked, limits);
  co_return refusal ? *std::move(refusal) : std::move(answer);
}

// The handler behind the middleware from number `first` on.
asio::awaitable<response> pass(const std::vector<middleware>& chain, std::size_t first, request& asked,
                               const handler& last) {
  if (first == chain.size()) co_return co_await last(asked);
  const handler next = [&chain, first, &last](request& passed) { return pass(chain, first + 1, passed, last); };
  co_return co_await chain[first](asked, next);
}

asio::awaitable<response> answer_with_body(request& asked, const body_receiver& receive, const body_limits& limits,
                                           const handler& answer) {
  if (auto refusal = co_await receive(asked, limits)) co_return *std::move(refusal);
  co_return co_await answer(asked);
}

}  // namespace

void router::add(const std::string& method, const std::string& pattern, handler answer, route_options options) {
  routes_[path_pattern(pattern)][method] = {std::move(answer), std::move(options)};
}

void router::add(const std::string& method, const std::string& pattern, plain_handler answer, route_options options) {
  handler ready = [answer = std::move(answer)](request& asked) -> asio::awaitable<response> {
    co_return answer(asked);
  };
  add(method, pattern, std::move(ready), std::move(options));
}

// Null if there is none; else sets the parameters of the path.
const router::method_map* router::find(request& asked, const std::vector<std::string>& segments) const {
  for (const auto& [pattern, methods] : routes_)
    if (auto parameters = pattern.match(segments)) {
      asked.parameters = *std::move(parameters);
      return &methods;
    }
  return nullptr;
}

asio::awaitable<response> router::dispatch(request& asked, const body_receiver& receive) const {
  if (!asked.path.starts_with('/')) co_return co_await after_body(asked, receive, problem(404, "no such path"));
  const auto segments = path_segments(asked.path);
  if (!segments) co_return co_await after_body(asked, receive, problem(400, "the path is not percent-encoded UTF-8"));
  const auto* const methods = find(asked, *segments);
  if (methods == nullptr) co_return co_await after_body(asked, receive, problem(404, "no such path"));
  const auto found = methods->find(asked.method == "HEAD" ? "GET" : asked.method);
  if (found == methods->end()) co_return co_await after_body(asked, receive, not_allowed(*methods));
  const auto& [answer, options] = found->second;
  const auto& body = options.body;
  const auto& last = answer;
  const handler receiving = [&receive, &body, &last](request& passed) {
    return answer_with_body(passed, receive, body, last);
  };
  co_return co_await pass(options.chain, 0, asked, receiving);
}

asio::awaitable<response> router::answer(request& asked, const body_receiver& receive) const {
  std::string failure;
  try {
    co_return co_await dispatch(asked, receive);
  } catch (const std::exception& thrown) {
    failure = thrown.what();
  }
  // A cancelled handler ends with an exception, which is no fault of its own.
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() == asio::cancellation_type::none)
    log::error("http.handler_failed", {{"path", asked.path}, {"reason", failure}});
  co_return problem(500, "");
}

}  // namespace lars::http
