// Limits how long a coroutine runs.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "net/timer.hpp"

namespace lars::http {

namespace asio = boost::asio;

// Runs both until one ends, then cancels the other and waits for its end. True if `work` ended first; its exception is
// thrown. An exception of the other one counts as its end.
asio::awaitable<bool> run_until(asio::awaitable<void> work, asio::awaitable<void> other);

// Runs `work` until it ends or the timer expires or is cancelled. REQUIRES: the timer outlives the call.
asio::awaitable<bool> run_until(asio::awaitable<void> work, net::timer& limit);

}  // namespace lars::http
