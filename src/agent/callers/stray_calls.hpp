// Counts ended calls that no module can record: their host was removed while they were in flight, or their module is
// not known yet because this agent started without saved routes.
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
  static constexpr std::size_t most_modules = 1024;           // waiting modules per process
  static constexpr std::size_t most_hosts = 1024;             // per waiting module
  static constexpr std::size_t most_hosts_in_all = 1u << 16;  // per process, over all its waiting modules
  static constexpr std::chrono::minutes patience{10};         // wait for an answer while dns is connected

  struct links {
    // Requests a module from dns on behalf of a caller; returns the module's current status.
    std::function<share::attach_status(route_key, std::uint64_t caller)> request_module;
    std::function<bool()> dns_connected;
  };

  // `counters` is null if results are not reported. REQUIRES: both outlive it.
  stray_calls(const service_index& modules, call_counters* counters, links ask)
      : modules_(modules), counters_(counters), links_(std::move(ask)) {}

  // Counts calls to a host that the module does not have. Returns how many could not be counted.
  std::uint64_t count(route_key module, const host_calls& calls);

  // Keeps calls to an unknown module until dns answers. `caller` identifies the process, for its limits; 0 = all UDP
  // callers. Returns how many calls could not be kept.
  std::uint64_t wait(route_key module, const host_calls& calls, std::uint64_t caller);

  // Delivers the calls of modules that have arrived and drops those of modules that dns does not know. Call every
  // 100 ms. Returns how many calls were dropped.
  std::uint64_t retry(base::time_point now);

  // Call at the end: counts all waiting calls, whether their module exists or not.
  void finish();

  std::uint64_t waiting() const { return waiting_calls_; }

private:
  struct waiting_host {
    host_calls calls;
    std::uint64_t caller = 0;  // the first caller of the host
  };
  struct waiting_module {
    std::uint64_t caller = 0;  // the first caller of the module
    std::map<endpoint, waiting_host> hosts;
    std::optional<base::time_point> since;  // the first retry while dns was connected
  };
  // One process's waiting modules and hosts.
  struct usage {
    std::size_t modules = 0;
    std::size_t hosts = 0;
  };
  using waiting_modules = std::unordered_map<route_key, waiting_module>;

  void deliver(service_state& module, const waiting_module& waiting, base::time_point now);
  std::optional<std::string_view> give_up_reason(route_key key, waiting_module& waiting, base::time_point now);
  std::uint64_t drop(route_key key, const waiting_module& waiting, std::string_view why);
  waiting_modules::iterator erase(waiting_modules::iterator position);
  void reduce_usage(std::uint64_t caller, usage freed);
  static std::uint64_t calls_of(const waiting_module& waiting);

  const service_index& modules_;
  call_counters* const counters_;
  const links links_;
  waiting_modules waiting_;
  std::unordered_map<std::uint64_t, usage> usage_;  // by caller
  std::uint64_t waiting_calls_ = 0;
  std::uint64_t undelivered_ = 0;  // calls that deliver() could not count
  base::time_point ask_again_;
};

}  // namespace lars::agent
