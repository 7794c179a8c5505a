// Random events on a module through any transport, and checks after each of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <lars/types.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balance/health/health_config.hpp"
#include "balance/load/load_report.hpp"
#include "balance/pick.hpp"
#include "balance/table/policy_settings.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "support/fleet_truth.hpp"

namespace lars::test {

// The health settings of every storm: a few calls change a verdict.
inline constexpr balance::health_config storm_health{.probe_num = 4,
                                                     .init_succ_cnt = 10,
                                                     .init_err_cnt = 2,
                                                     .contin_err_limit = 3,
                                                     .contin_succ_limit = 2,
                                                     .idle_timeout = std::chrono::seconds(5),
                                                     .overload_timeout = std::chrono::seconds(5)};

// A call as its picker remembers it.
struct storm_call {
  balance::member host;
  std::uint32_t picker = 0;
  std::uint64_t stay = 0;    // stay of the host, as fleet_truth numbers them
  std::uint64_t handle = 0;  // of the transport
  base::time_point began{};
};

enum class call_end : std::uint8_t { good, bad, abandoned };

// A module behind a transport. Lifetime: one storm.
class storm_transport {
public:
  virtual ~storm_transport() = default;

  virtual void set_hosts(std::span<const host> list, base::time_point now) = 0;
  virtual void use(const balance::policy_settings& policy) = 0;
  virtual std::uint32_t pickers() const = 0;
  // Sets host and handle of `made` where a host is picked.
  virtual balance::pick_result pick(std::uint32_t picker, std::uint64_t draw, std::span<const endpoint> exclude,
                                    base::time_point now, storm_call& made) = 0;
  // `by` is a picker that can report this call.
  virtual void end(const storm_call& of, std::uint32_t by, call_end how, std::uint64_t latency_us,
                   base::time_point now) = 0;
  // A picker that can report this picker's calls, maybe itself; `any` is a random number.
  virtual std::uint32_t another(std::uint32_t picker, std::uint32_t any) const = 0;
  virtual void report_load(endpoint where, const balance::load_report& load, base::time_point now) = 0;
  // Removes a picker, maybe others with it, with their calls; new pickers replace them. The returned function is true
  // for each removed picker.
  virtual std::function<bool(std::uint32_t)> lose(std::uint32_t picker, base::time_point now) = 0;
  // Publishes all reports so far; returns how many calls are in flight in all, as the transport counts them.
  virtual std::uint64_t control(base::time_point now) = 0;
  virtual balance::module_view view() const = 0;
};

struct storm_terms {
  std::string_view policy;  // to begin with
  std::uint64_t seed = 0;
  int events = 400;
  std::uint64_t lost_ends = 0;  // planted fault: one end in this many is not reported; 0 = no fault
};

// The result of a storm. `wrong` is empty where every check held; the counts show that the storm had events.
struct storm_result {
  std::string wrong;
  std::uint64_t picks = 0;
  std::uint64_t refused = 0;
  std::uint64_t probes = 0;
};

storm_result run_storm(storm_transport& transport, const storm_terms& terms);

// Each policy of the catalog and each rule of least_request, by name.
std::span<const std::string_view> storm_policies();

// Runs storm_of(policy, seed) for each policy and the seeds 1 to `seeds` and adds up the results. Ends at the first
// failed storm, which `wrong` names.
storm_result run_storms(std::uint64_t seeds,
                        const std::function<storm_result(std::string_view policy, std::uint64_t seed)>& storm_of);

}  // namespace lars::test
