// An agent with the project's own balancing: what it does is what an agent in the field does, told the time.
#pragma once

#include <lars/error.hpp>
#include <string_view>

#include "balance/health_config.hpp"
#include "balance/policy_settings.hpp"
#include "lab/caller.hpp"

namespace lars::lab {

// "p2c:tau=5s:weights=static": a name of the catalog and its parameters. errc::invalid_argument with what is allowed.
result<balance::policy_settings> parse_policy(std::string_view text);

// Callers that follow this policy under these health settings. A rejection is an error to the policy and none to
// health, or a fleet that defends itself would be taken for dead.
caller_factory catalog_callers(const balance::policy_settings& policy, const balance::health_config& health);

}  // namespace lars::lab
