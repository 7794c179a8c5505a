// A simulated agent with the project's own balancing classes, in virtual time.
#pragma once

#include <lars/error.hpp>
#include <string_view>

#include "balance/health/health_config.hpp"
#include "balance/table/policy_settings.hpp"
#include "lab/caller.hpp"

namespace lars::lab {

// Parses a policy with its parameters, for example "p2c:tau=5s:weights=static". errc::invalid_argument
// names what is allowed.
result<balance::policy_settings> parse_policy(std::string_view text);

// Makes callers with this policy and these health settings. A rejection counts as an error for the policy, but not for
// health: otherwise hosts whose limiter protects them would be ejected.
caller_factory policy_callers(const balance::policy_settings& policy, const balance::health_config& health);

}  // namespace lars::lab
