// Calls that ended and that no module here takes in: their host left the module while they were under way, or the
// module has not arrived, since this agent began without saved routes. They are counted all the same.
#pragma once

#include <cstdint>
#include <functional>
#include <lars/types.hpp>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "agent/service/call_counters.hpp"
#include "agent/service/service_index.hpp"
#include "agent/service/service_state.hpp"
#include "base/clock.hpp"
#include "share/attach.hpp"

namespace lars::agent {

// Lifetime: its collector's. Threads: owner context only. Time is an argument.
class stray_calls {
public:
  static constexpr std::size_t most_modules = 1024;           // that one process's calls wait for
  static constexpr std::size_t most_hosts = 1024;             // of one of them
  static constexpr std::size_t most_hosts_in_all = 1u << 16;  // of all of them, for one process
  static constexpr std::chrono::minutes patience{10};         // with a dns there

  struct links {
    // Asks dns for a module on behalf of a caller, tells what it said.
    std::function<share::attach_status(route_key, std::uint64_t caller)> want;
    std::function<bool()> dns_is_there;
  };

  // `counters` null: nobody wants to know. REQUIRES: both outlive it.
  stray_calls(const service_index& modules, call_counters* counters, links ask)
      : modules_(modules), counters_(counters), links_(std::move(ask)) {}

  // Calls to a host that the module does not have. Returns how many could not be counted.
  std::uint64_t count(route_key module, const host_calls& calls);

  // Calls to a module that is not here: they wait for dns to say what it knows. `caller` tells processes apart, whose
  // room is bounded; 0 = all callers over UDP. Returns how many could not be kept.
  std::uint64_t wait(route_key module, const host_calls& calls, std::uint64_t caller);

  // Hands over what waits for modules that have arrived, drops what waits for those that dns does not know. Every tenth
  // of a second. Returns how many calls were dropped.
  std::uint64_t settle(base::time_point now);

  // The end: what still waits is counted, whether the module exists or not.
  void finish();

  std::uint64_t waiting() const { return waiting_calls_; }

private:
  struct waiting_host {
    host_calls calls;
    std::uint64_t caller = 0;  // whose calls came first
  };
  struct waiting_module {
    std::uint64_t caller = 0;  // likewise
    std::map<endpoint, waiting_host> hosts;
    std::optional<base::time_point> since;  // with a dns there
  };
  // What waits for one process.
  struct occupancy {
    std::size_t modules = 0;
    std::size_t hosts = 0;
  };
  using waiting_modules = std::unordered_map<route_key, waiting_module>;

  void hand_over(service_state& to, const waiting_module& from, base::time_point now);
  std::optional<std::string_view> given_up(route_key key, waiting_module& one, base::time_point now);
  std::uint64_t drop(route_key key, const waiting_module& one, std::string_view why);
  waiting_modules::iterator forget(waiting_modules::iterator one);
  void free_room(std::uint64_t caller, occupancy freed);
  static std::uint64_t calls_of(const waiting_module& one);

  const service_index& modules_;
  call_counters* const counters_;
  const links links_;
  waiting_modules waiting_;
  std::unordered_map<std::uint64_t, occupancy> of_callers_;
  std::uint64_t waiting_calls_ = 0;
  std::uint64_t dropped_here_ = 0;  // by what was handed over
  base::time_point ask_again_;
};

}  // namespace lars::agent
