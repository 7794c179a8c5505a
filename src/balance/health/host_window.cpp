#include "balance/health/host_window.hpp"

#include <limits>

namespace lars::balance {
namespace {

void add(std::uint32_t& count, std::uint64_t calls) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  count = static_cast<std::uint32_t>(calls > most - count ? most : count + calls);
}

// Divides, so that a rate that is exactly met compares equal: 20 / 200 rounds to the same number as "0.1".
// REQUIRES: part + rest > 0.
double share(double part, double rest) { return part / (part + rest); }

}  // namespace

std::optional<verdict> host_window::record(const health_config& config, outcome result, base::time_point now) {
  return record(config, result == outcome::success ? call_batch{1, 0, 0} : call_batch{0, 1, 1}, now);
}

std::optional<verdict> host_window::record(const health_config& config, const call_batch& calls, base::time_point now) {
  count(calls);
  if (state_ == verdict::idle && calls.failures > 0 && fails_too_often(config)) {
    enter(verdict::ejected, config, now);
    return state_;
  }
  if (state_ == verdict::ejected && calls.successes > 0 && has_healed(config)) {
    enter(verdict::idle, config, now);
    return state_;
  }
  return end_window(config, now);
}

void host_window::enter(verdict state, const health_config& config, base::time_point now) {
  state_ = state;
  since_ = now;
  vsucc_ = state == verdict::idle ? config.init_succ_cnt : 0;
  verr_ = state == verdict::ejected ? config.init_err_cnt : 0;
  rsucc_ = rerr_ = contin_succ_ = contin_err_ = 0;
}

// A batch of one kind continues the streak. A mixed batch ends the streak; keep its trailing failures, but only one
// trailing success.
void host_window::count(const call_batch& calls) {
  add(vsucc_, calls.successes);
  add(rsucc_, calls.successes);
  add(verr_, calls.failures);
  add(rerr_, calls.failures);
  if (calls.successes > 0) contin_err_ = 0;
  if (calls.failures > 0) contin_succ_ = 0;
  add(contin_err_, calls.successes > 0 ? calls.trailing_failures : calls.failures);
  if (calls.failures == 0)
    add(contin_succ_, calls.successes);
  else if (calls.successes > 0 && calls.trailing_failures == 0)
    add(contin_succ_, 1);
}

bool host_window::fails_too_often(const health_config& config) const {
  return share(verr_, vsucc_) > config.err_rate || contin_err_ >= config.contin_err_limit;
}

bool host_window::has_healed(const health_config& config) const {
  return share(vsucc_, verr_) > config.succ_rate || contin_succ_ >= config.contin_succ_limit;
}

// A window holds at least the call just counted, so its share is always defined.
std::optional<verdict> host_window::end_window(const health_config& config, base::time_point now) {
  if (state_ == verdict::ejected) {
    if (now - since_ < config.overload_timeout) return std::nullopt;
    enter(verdict::idle, config, now);
    return state_;
  }
  if (now - since_ < config.idle_timeout) return std::nullopt;
  if (share(rerr_, rsucc_) >= config.window_err_rate) {
    enter(verdict::ejected, config, now);
    return state_;
  }
  enter(verdict::idle, config, now);
  return std::nullopt;
}

}  // namespace lars::balance
