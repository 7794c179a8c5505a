// Detects, only from the hosts that callers get, when a host was isolated and when it returned.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"

namespace lars::cli {

// With n hosts, a normal host is picked about every n requests and an isolated one, as a trial, about every 11. The
// distance of a host is the number of requests between two of its picks. A host counts as isolated after three
// distances in a row above sqrt(11 n), or after 33 requests without a pick; the time of isolation is its last normal
// pick. It counts as returned after three distances in a row below sqrt(11 n); the time of return is the first normal
// pick. Pure: time is an argument. Threads: owner context only.
class turn_watch {
public:
  struct history {
    bool isolated = false;                        // now
    std::optional<base::time_point> isolated_at;  // the latest time
    std::optional<base::time_point> returned_at;  // the latest time
    std::optional<base::time_point> first_isolated_at;
    std::optional<base::time_point> first_returned_at;
  };

  turn_watch(const std::vector<endpoint>& hosts, base::time_point start);

  // False with more than ten hosts: trials are then as frequent as normal picks, and no host is reported as isolated.
  bool can_tell() const { return tracks_.size() <= most_hosts; }

  // Records a request that the agent answered with this host, or with none because all are ejected. Adds unknown hosts.
  // REQUIRES: `now` never decreases between calls.
  void asked(std::optional<endpoint> picked, base::time_point now);

  // The history of a host; empty if it is unknown.
  history of(endpoint where) const;

private:
  struct track {
    std::uint64_t last_ask = 0;    // number of the request that last returned it
    base::time_point last_at;      // time of that request
    int streak = 0;                // distances in a row that contradict the current verdict
    base::time_point streak_from;  // time of the change if the streak completes
    history known;
  };

  void picked(track& host, base::time_point now);
  void isolate(track& host, base::time_point since);

  static constexpr std::size_t most_hosts = 10;
  std::unordered_map<endpoint, track> tracks_;
  const base::time_point start_;
  std::uint64_t asks_ = 0;
};

}  // namespace lars::cli
