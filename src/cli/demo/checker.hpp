// Evaluates the load balancing only from what the callers received.
#pragma once

#include <cstdint>
#include <deque>
#include <lars/types.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "cli/demo/observation.hpp"
#include "cli/turn_watch.hpp"

namespace lars::cli::demo {

// One host as seen by the callers.
struct host_line {
  endpoint where;
  double share = 0;  // of the latest 250 requests
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  bool isolated = false;
};

// Facts about the current phase. "The host" is the one that fails and recovers.
struct phase_facts {
  base::duration lasted{};
  std::uint64_t asks = 0;
  double least_share = 0;  // smallest share of a host in the requests of this phase
  double most_share = 0;
  std::optional<base::duration>
      isolated_after;  // from the first failed call to the host in this phase to its last regular pick
  std::uint64_t failures_until_isolated = 0;     // failed calls to the host up to then
  std::optional<base::duration> returned_after;  // from the start of the phase to the first regular pick of the host
  std::uint64_t asks_since = 0;                  // requests since isolation (or return) was detected
  double share_since = 0;                        // share of the host in them
};

// Pure: time arrives with the observations. Threads: owner context only.
class checker {
public:
  checker(const std::vector<endpoint>& hosts, endpoint the_host, base::time_point start);

  void see(const observation& seen);

  // Begins a new phase: resets the facts but not the totals.
  void begin_phase(base::time_point now);

  phase_facts facts(base::time_point now) const;
  std::vector<host_line> lines() const;

  std::uint64_t succeeded() const { return succeeded_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t unanswered() const { return unanswered_; }

private:
  struct counts {
    std::uint64_t in_phase = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
  };

  void see_ask(std::optional<endpoint> given, base::time_point now);
  void see_end(const observation& seen);

  const std::vector<endpoint> hosts_;
  const endpoint the_host_;
  turn_watch watch_;
  std::unordered_map<endpoint, counts> counts_;
  std::deque<std::optional<endpoint>> latest_;  // the latest requests, the oldest first
  std::uint64_t succeeded_ = 0, failed_ = 0, unanswered_ = 0;
  // The current phase.
  base::time_point phase_start_;
  std::uint64_t asks_ = 0;
  std::vector<base::time_point> failures_;  // when the agent returned the host for a call that failed
  std::optional<base::time_point> isolated_at_, returned_at_;
  std::uint64_t asks_since_ = 0, given_since_ = 0;
};

}  // namespace lars::cli::demo
