// The middleware that every API needs. A route lists what it wants (route_options::chain).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/handler.hpp"
#include "http/histogram.hpp"

namespace lars::http {

// Asks a hook whether the request may pass. It returns the refusal, or none; it may set request::principal. Place of
// authentication and authorisation.
using guard_hook = std::function<asio::awaitable<std::optional<response>>(request&)>;
middleware guard(guard_hook hook);

// 400 without a host and 421 for a foreign one (host_check.hpp). REQUIRES: `names` is in lower case.
middleware check_host(std::vector<std::string> names);

// Cancels what takes longer, the body included, and answers 503.
middleware limit_time(std::chrono::milliseconds limit);

// Gives each request an id and returns it in X-Request-Id. Keeps the peer's id if it has at most 64 letters, digits,
// '-', '_' and '.'. `seed` is random, so that ids of two processes differ.
middleware request_ids(std::uint64_t seed);

// Observes the seconds until the answer, without the time to send it.
middleware measure(std::shared_ptr<histogram> latency);

}  // namespace lars::http
