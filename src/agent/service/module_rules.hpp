// What a module obeys: how its calls are spread, and when a host of it counts as ill.
#pragma once

#include "balance/health_config.hpp"
#include "balance/policy_settings.hpp"

namespace lars::agent {

// Immutable once a module uses it.
struct module_rules {
  balance::policy_settings policy;
  balance::health_config health;
};

}  // namespace lars::agent
