#include "balance/host_window.hpp"

#include <limits>

namespace lars::balance {
namespace {

void add_one(std::uint32_t& count) {
  if (count != std::numeric_limits<std::uint32_t>::max()) ++count;
}

// A quotient, not a product with the rate: 20 of 200 rounds to the very number that "0.1" is read as, so a rate that is
// exactly met compares equal. REQUIRES: part + rest > 0.
double share(double part, double rest) { return part / (part + rest); }

}  // namespace

std::optional<verdict> host_window::record(const health_config& config, outcome result, base::time_point now) {
  count(result);
  if (state_ == verdict::idle && result == outcome::failure && fails_too_often(config)) {
    enter(verdict::overload, config, now);
    return state_;
  }
  if (state_ == verdict::overload && result == outcome::success && has_healed(config)) {
    enter(verdict::idle, config, now);
    return state_;
  }
  return end_window(config, now);
}

void host_window::enter(verdict state, const health_config& config, base::time_point now) {
  state_ = state;
  since_ = now;
  vsucc_ = state == verdict::idle ? config.init_succ_cnt : 0;
  verr_ = state == verdict::overload ? config.init_err_cnt : 0;
  rsucc_ = rerr_ = contin_succ_ = contin_err_ = 0;
}

void host_window::count(outcome result) {
  const bool success = result == outcome::success;
  add_one(success ? vsucc_ : verr_);
  add_one(success ? rsucc_ : rerr_);
  add_one(success ? contin_succ_ : contin_err_);
  (success ? contin_err_ : contin_succ_) = 0;
}

bool host_window::fails_too_often(const health_config& config) const {
  return share(verr_, vsucc_) > config.err_rate || contin_err_ >= config.contin_err_limit;
}

bool host_window::has_healed(const health_config& config) const {
  return share(vsucc_, verr_) > config.succ_rate || contin_succ_ >= config.contin_succ_limit;
}

// A window holds the call just counted at least, so its share is always defined.
std::optional<verdict> host_window::end_window(const health_config& config, base::time_point now) {
  if (state_ == verdict::overload) {
    if (now - since_ < config.overload_timeout) return std::nullopt;
    enter(verdict::idle, config, now);
    return state_;
  }
  if (now - since_ < config.idle_timeout) return std::nullopt;
  if (share(rerr_, rsucc_) >= config.window_err_rate) {
    enter(verdict::overload, config, now);
    return state_;
  }
  enter(verdict::idle, config, now);
  return std::nullopt;
}

}  // namespace lars::balance
