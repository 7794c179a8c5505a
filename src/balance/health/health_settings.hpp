// The thresholds of health_config by name, for whoever writes settings, checks them, or makes them work.
#pragma once

#include <lars/error.hpp>
#include <span>

#include "balance/health/health_config.hpp"
#include "base/setting.hpp"

namespace lars::balance {

using health_setting = base::setting<health_config>;

std::span<const health_setting> all_health_settings();

// `base` with these values. errc::invalid_argument: the detail names what is wrong and what is allowed.
result<health_config> make_health(const health_config& base, const base::setting_map& values);

}  // namespace lars::balance
