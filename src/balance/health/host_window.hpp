// A window of one host's calls, and the verdict on the host: idle or ejected.
#pragma once

#include <cstdint>
#include <optional>

#include "balance/health/health_config.hpp"
#include "balance/load/call_batch.hpp"
#include "balance/table/verdict.hpp"
#include "base/clock.hpp"

namespace lars::balance {

// Lifetime: its module's; begins anew with each host that joins. Threads: owner context only (the module's lock).
// Invariant: counts saturate, so a share computed from them is always between 0 and 1.
class host_window {
public:
  // A host enters idle.
  host_window(const health_config& config, base::time_point now) { enter(verdict::idle, config, now); }

  // Counts one reported call. Returns the new verdict if it changed. REQUIRES: `now` never decreases.
  std::optional<verdict> record(const health_config& config, outcome result, base::time_point now);

  // Counts calls that were reported together; the verdict changes at most once. A batch of one call counts as that
  // call. REQUIRES: at least one call.
  std::optional<verdict> record(const health_config& config, const call_batch& calls, base::time_point now);

  verdict state() const { return state_; }

  // Real calls since the state or the window began: what reports to operators show.
  std::uint32_t successes() const { return rsucc_; }
  std::uint32_t failures() const { return rerr_; }

private:
  void enter(verdict state, const health_config& config, base::time_point now);
  void count(const call_batch& calls);
  bool fails_too_often(const health_config& config) const;
  bool has_healed(const health_config& config) const;
  std::optional<verdict> end_window(const health_config& config, base::time_point now);

  base::time_point since_;   // when the state or the window began
  std::uint32_t vsucc_ = 0;  // virtual counts start with a credit, so that a few calls decide nothing
  std::uint32_t verr_ = 0;
  std::uint32_t rsucc_ = 0;  // real counts start at 0
  std::uint32_t rerr_ = 0;
  std::uint32_t contin_succ_ = 0;  // length of the run of successes that the last call ended or continued
  std::uint32_t contin_err_ = 0;
  verdict state_ = verdict::idle;
};

}  // namespace lars::balance
