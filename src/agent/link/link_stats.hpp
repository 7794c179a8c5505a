// State and counters of the connection to dns or to a reporter.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/clock.hpp"

namespace lars::agent {

// Threads: one thread writes (the functions that return void), any thread reads.
class link_stats {
public:
  // A server is serving this agent.
  void on_connected() {
    if (connected_.exchange(true)) return;
    connections_.fetch_add(1, std::memory_order_relaxed);
  }
  void on_disconnected(base::time_point now) {
    healthy_.store(true);
    if (!connected_.load()) return;
    lost_.store(now.time_since_epoch().count());
    connected_.store(false);
  }
  // The server's report: whether it does its work, and when its last complete poll of the database began.
  void set_server_state(bool healthy, std::optional<base::time_point> last_poll) {
    healthy_.store(healthy);
    if (last_poll) last_poll_.store(last_poll->time_since_epoch().count());
  }
  // The connected server does not report its state.
  void clear_last_poll() { last_poll_.store(unknown); }
  void count_move() { moves_.fetch_add(1, std::memory_order_relaxed); }
  void count_unreachable() { unreachable_.fetch_add(1, std::memory_order_relaxed); }
  void count_unreadable() { unreadable_.fetch_add(1, std::memory_order_relaxed); }

  bool connected() const { return connected_.load(); }
  std::uint64_t connections() const { return connections_.load(); }  // made so far
  std::uint64_t unreachable() const { return unreachable_.load(); }  // failed attempts to connect

  std::uint64_t unreadable() const { return unreadable_.load(); }  // messages that could not be decoded

  // The connected server reports that it does not do its work.
  bool is_unhealthy() const { return connected() && !healthy_.load(); }
  std::uint64_t moves() const { return moves_.load(); }  // switches to a healthy or a preferred server

  // The age of the server's data, as it reports it; while disconnected, of the last server's data. If the server does
  // not report its last poll: 0 while connected, then the time since the connection was lost.
  std::chrono::duration<double> age(base::time_point now) const {
    const auto last_poll = last_poll_.load();
    if (last_poll == unknown) return disconnected_for(now);
    return std::max(now - base::time_point(base::duration(last_poll)), base::duration(0));
  }

  // How long no server has served this agent, at most since the start.
  std::chrono::duration<double> disconnected_for(base::time_point now) const {
    if (connected()) return {};
    return now - base::time_point(base::duration(lost_.load()));
  }

private:
  static constexpr auto unknown = std::numeric_limits<base::duration::rep>::min();

  std::atomic<bool> connected_{false};
  std::atomic<bool> healthy_{true};
  std::atomic<base::duration::rep> last_poll_{unknown};
  std::atomic<std::uint64_t> moves_{0};
  std::atomic<base::duration::rep> lost_{base::clock::now().time_since_epoch().count()};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> unreachable_{0};
  std::atomic<std::uint64_t> unreadable_{0};
};

}  // namespace lars::agent
