// Which verdict each host of a module has, by one health configuration, and how many hosts have which.
#pragma once

#include <cstdint>
#include <optional>

#include "balance/health/health_config.hpp"
#include "balance/health/host_window.hpp"
#include "balance/load/call_batch.hpp"
#include "balance/table/live_value.hpp"
#include "balance/table/population.hpp"
#include "balance/table/verdict.hpp"
#include "base/clock.hpp"

namespace lars::balance {

// Lifetime: its module's. Threads: one at a time (the module's lock). Pure.
class module_health {
public:
  // REQUIRES: `config` outlives the object, or the next one given to use() does.
  explicit module_health(const health_config& config) : config_(&config) {}

  // Judges by this one from now on; what was counted stays.
  void use(const health_config& config) { config_ = &config; }

  // The window of a host that joins now.
  host_window open_window(base::time_point now) const { return {*config_, now}; }

  // Counts reported calls to the host of this window. Returns its new verdict if it changed. No allocation.
  std::optional<verdict> record(host_window& window, outcome result, base::time_point now) const {
    return window.record(*config_, result, now);
  }
  std::optional<verdict> record(host_window& window, const call_batch& calls, base::time_point now) const {
    return window.record(*config_, calls, now);
  }

  // A host that takes calls has another verdict than before.
  void count_change(verdict changed) {
    const bool returns = changed == verdict::idle;
    ++(returns ? hosts_.idle : hosts_.ejected);
    --(returns ? hosts_.ejected : hosts_.idle);
  }

  // Counts the hosts anew: clear, then each of them.
  void clear_count() { hosts_ = {}; }
  void count(const live_value& host) {
    if (host.takes_calls()) ++(host.health == verdict::idle ? hosts_.idle : hosts_.ejected);
  }

  const population& hosts() const { return hosts_; }

private:
  const health_config* config_;
  population hosts_;
};

}  // namespace lars::balance
