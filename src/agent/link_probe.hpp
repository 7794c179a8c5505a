// How the way to a kind of server stands.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.hpp"

namespace lars::agent {

// Threads: note_* one thread; any reader.
class link_probe {
public:
  // A server serves, as far as we can tell.
  void note_connected() {
    if (connected_.exchange(true)) return;
    connections_.fetch_add(1, std::memory_order_relaxed);
  }
  void note_lost(base::time_point now) {
    if (!connected_.load()) return;
    lost_.store(now.time_since_epoch().count());
    connected_.store(false);
  }
  void note_unreachable() { unreachable_.fetch_add(1, std::memory_order_relaxed); }
  void note_unreadable() { unreadable_.fetch_add(1, std::memory_order_relaxed); }

  bool connected() const { return connected_.load(); }
  std::uint64_t connections() const { return connections_.load(); }  // made so far
  std::uint64_t unreachable() const { return unreachable_.load(); }  // attempts in vain

  std::uint64_t unreadable() const { return unreadable_.load(); }  // messages that were not what their id says

  // How long nobody has served; since the start where nobody ever has.
  std::chrono::duration<double> alone(base::time_point now) const {
    if (connected()) return {};
    return now - base::time_point(base::duration(lost_.load()));
  }

private:
  std::atomic<bool> connected_{false};
  std::atomic<base::duration::rep> lost_{base::clock::now().time_since_epoch().count()};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> unreachable_{0};
  std::atomic<std::uint64_t> unreadable_{0};
};

}  // namespace lars::agent
