// Tells from the hosts a caller is given, and nothing else, when a host stopped getting its turn and when it got it
// again.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"

namespace lars::cli {

// A host in its turn is given once in about `n` asks, n being the number of hosts; a host that is isolated is given as
// a probe, once in about eleven. A host is isolated once three distances in a row between its picks, in asks, lie
// nearer to the second (over sqrt(11 n)), or once it has not been given for 33 asks; it happened at its last pick in
// turn. It has returned once three distances in a row lie nearer to the first; it happened at the first pick in turn.
// Pure: time is an argument. Threads: owner context only.
class turn_watch {
public:
  struct history {
    bool isolated = false;                        // now
    std::optional<base::time_point> isolated_at;  // the latest time it happened
    std::optional<base::time_point> returned_at;  // the latest time it happened
    std::optional<base::time_point> first_isolated_at;
    std::optional<base::time_point> first_returned_at;
  };

  turn_watch(const std::vector<endpoint>& hosts, base::time_point start);

  // False with more than ten hosts: probes are then as frequent as turns, and nothing is isolated for this watch.
  bool can_tell() const { return tracks_.size() <= most_hosts; }

  // The agent was asked and gave this host, or none because all are overloaded. A host not known yet is added.
  // REQUIRES: `now` never decreases between calls.
  void asked(std::optional<endpoint> picked, base::time_point now);

  // What happened to a host so far. An unknown host has an empty history.
  history of(endpoint where) const;

private:
  struct track {
    std::uint64_t last_ask = 0;    // number of the ask that gave it last
    base::time_point last_at;      // and when
    int streak = 0;                // distances in a row that speak against the present verdict
    base::time_point streak_from;  // when the change happened, if the streak goes on
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
