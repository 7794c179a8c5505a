// The thresholds of health_config by name, for whoever writes settings, checks them, or makes them work.
#pragma once

#include <lars/error.hpp>
#include <span>
#include <string_view>

#include "balance/health/health_config.hpp"
#include "base/setting.hpp"

namespace lars::balance {

// Immutable, with static lifetime.
struct health_setting : base::setting_spec {
  std::string_view unit;
  bool whole = true;  // a whole number
  double least = 0;
  double most = 0;
  void (*store)(health_config&, double value) = nullptr;  // REQUIRES: least <= value <= most
};

std::span<const health_setting> all_health_settings();

// `base` with these values. errc::invalid_argument names what is allowed and its field: health.NAME.
result<health_config> make_health(const health_config& base, const base::setting_map& values);

}  // namespace lars::balance
