// What an HTTP server shares with its connections.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <set>
#include <utility>
#include <vector>

#include "http/router.hpp"
#include "http/server_config.hpp"

namespace lars::http {

class session;

// Counters of one server. Threads: any thread.
struct server_stats {
  std::atomic<std::uint64_t> requests{0};   // answered by a handler, 404 and 405 included
  std::atomic<std::uint64_t> malformed{0};  // refused with 400, 417 or 501
  std::atomic<std::uint64_t> oversize{0};   // refused with 413 or 431

  void count_refusal(unsigned status) { ++(status == 413 || status == 431 ? oversize : malformed); }
};

// It does not contain the listener, because the coroutine of a connection is destroyed with its context, which may be
// after the listener.
struct shared_state {
  shared_state(server_config settings, router table, std::size_t contexts)
      : config(settings), routes(std::move(table)), sessions(contexts) {}

  const server_config config;
  const router routes;
  server_stats stats;
  std::vector<std::set<session*>> sessions;  // by context; only that context uses its set
  std::atomic<std::size_t> open{0};          // sessions
  std::atomic<bool> stopping{false};
  std::atomic<bool> all_ended_is_told{false};
  std::promise<void> all_ended;  // at a stop, once no session is open

  void session_ended() {
    if (open.fetch_sub(1) == 1 && stopping) tell_all_ended();
  }
  void tell_all_ended() {
    if (!all_ended_is_told.exchange(true)) all_ended.set_value();
  }
};

}  // namespace lars::http
