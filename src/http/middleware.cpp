#include "http/middleware.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "http/host_check.hpp"
#include "http/run_until.hpp"
#include "net/timer.hpp"

namespace lars::http {
namespace {

bool is_usable_id(std::string_view id) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
           c == '.';
  };
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), allowed);
}

std::string hexadecimal(std::uint64_t number) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4) *digit = digits[number & 15];
  return text;
}

asio::awaitable<void> keep(asio::awaitable<response> answer, std::optional<response>& to) {
  to = co_await std::move(answer);
}

}  // namespace

middleware guard(guard_hook hook) {
  return [hook = std::move(hook)](request& asked, const handler& next) -> asio::awaitable<response> {
    if (auto refusal = co_await hook(asked)) co_return *std::move(refusal);
    co_return co_await next(asked);
  };
}

middleware check_host(std::vector<std::string> names) {
  return [names = std::move(names)](request& asked, const handler& next) -> asio::awaitable<response> {
    if (asked.host.empty()) co_return problem(400, "the request does not name a host");
    if (!is_known_host(asked.host, names)) co_return problem(421, "this server does not answer for that host name");
    co_return co_await next(asked);
  };
}

middleware limit_time(std::chrono::milliseconds limit) {
  return [limit](request& asked, const handler& next) -> asio::awaitable<response> {
    net::timer late(co_await asio::this_coro::executor, limit);
    std::optional<response> given;
    const bool in_time = co_await run_until(keep(next(asked), given), late);
    co_return in_time&& given ? *std::move(given) : problem(503, "the answer took too long");
  };
}

middleware request_ids(std::uint64_t seed) {
  auto made = std::make_shared<std::atomic<std::uint64_t>>(0);
  return [seed, made = std::move(made)](request& asked, const handler& next) -> asio::awaitable<response> {
    const auto sent = asked.field("x-request-id");
    asked.id = is_usable_id(sent) ? std::string(sent) : hexadecimal(base::mix64(seed + made->fetch_add(1)));
    auto given = co_await next(asked);
    given.headers.emplace_back("X-Request-Id", asked.id);
    co_return given;
  };
}

middleware measure(std::shared_ptr<histogram> latency) {
  return [latency = std::move(latency)](request& asked, const handler& next) -> asio::awaitable<response> {
    const auto began = base::clock::now();
    auto given = co_await next(asked);
    latency->observe(std::chrono::duration<double>(base::clock::now() - began).count());
    co_return given;
  };
}

}  // namespace lars::http
