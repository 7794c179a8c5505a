// How the way to a kind of server stands.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/clock.hpp"

namespace lars::agent {

// Threads: note_* one thread; any reader.
class link_stats {
public:
  // A server serves, as far as we can tell.
  void note_connected() {
    if (connected_.exchange(true)) return;
    connections_.fetch_add(1, std::memory_order_relaxed);
  }
  void note_lost(base::time_point now) {
    well_.store(true);
    if (!connected_.load()) return;
    lost_.store(now.time_since_epoch().count());
    connected_.store(false);
  }
  // What the server says of itself: whether it does its work, and when its last complete look at the database began.
  void note_told(bool well, std::optional<base::time_point> look) {
    well_.store(well);
    if (look) look_.store(look->time_since_epoch().count());
  }
  // The server that serves says nothing of the kind.
  void note_tells_nothing() { look_.store(unknown); }
  void note_moved() { moves_.fetch_add(1, std::memory_order_relaxed); }
  void note_unreachable() { unreachable_.fetch_add(1, std::memory_order_relaxed); }
  void note_unreadable() { unreadable_.fetch_add(1, std::memory_order_relaxed); }

  bool connected() const { return connected_.load(); }
  std::uint64_t connections() const { return connections_.load(); }  // made so far
  std::uint64_t unreachable() const { return unreachable_.load(); }  // attempts in vain

  std::uint64_t unreadable() const { return unreadable_.load(); }  // messages that were not what their id says

  // The server that serves says that it does not do its work.
  bool ill() const { return connected() && !well_.load(); }
  std::uint64_t moves() const { return moves_.load(); }  // servers left for others that are well, or preferred

  // How old what the server knows is, by its own word; where nobody serves, what the last one knew. 0 for a server that
  // does not say so, while it serves.
  std::chrono::duration<double> age(base::time_point now) const {
    const auto look = look_.load();
    if (look == unknown) return alone(now);
    return std::max(now - base::time_point(base::duration(look)), base::duration(0));
  }

  // How long nobody has served; since the start where nobody ever has.
  std::chrono::duration<double> alone(base::time_point now) const {
    if (connected()) return {};
    return now - base::time_point(base::duration(lost_.load()));
  }

private:
  static constexpr auto unknown = std::numeric_limits<base::duration::rep>::min();

  std::atomic<bool> connected_{false};
  std::atomic<bool> well_{true};
  std::atomic<base::duration::rep> look_{unknown};
  std::atomic<std::uint64_t> moves_{0};
  std::atomic<base::duration::rep> lost_{base::clock::now().time_since_epoch().count()};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> unreachable_{0};
  std::atomic<std::uint64_t> unreadable_{0};
};

}  // namespace lars::agent
