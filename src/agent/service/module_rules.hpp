// The settings of a module: how calls are spread over its hosts, and when a host is ejected.
#pragma once

#include "balance/health/health_config.hpp"
#include "balance/table/policy_settings.hpp"

namespace lars::agent {

// Immutable once a module uses it.
struct module_rules {
  balance::policy_settings policy;
  balance::health_config health;
};

}  // namespace lars::agent
