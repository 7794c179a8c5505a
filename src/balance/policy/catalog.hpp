// Every policy and health setting by name: the one place that says what there is and what is allowed, for whoever
// writes settings, checks them, or makes them work.
#pragma once

#include <lars/error.hpp>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "balance/health/health_config.hpp"
#include "balance/table/policy_settings.hpp"

namespace lars::balance {

// Immutable; all text is static.
struct setting_spec {
  std::string_view name;
  std::string_view fallback;  // its value where none is given
  std::string_view allowed;   // in words
  std::string_view meaning;
};

struct policy_spec {
  std::string_view name;
  std::span<const std::string_view> aliases;  // of which each may mean other defaults
  std::string_view meaning;
  std::span<const setting_spec> parameters;
};

using setting_map = std::map<std::string, std::string, std::less<>>;

std::span<const policy_spec> all_policies();
std::span<const setting_spec> all_health_settings();

// The policy of that name or alias, with these parameters. An empty name is the default policy's.
// errc::invalid_argument: the detail names what is wrong and what is allowed.
result<policy_settings> make_policy(std::string_view name, const setting_map& parameters);

// `base` with the settings given put in place. errc::invalid_argument likewise.
result<health_config> make_health(const health_config& base, const setting_map& settings);

// What make_policy() makes of these parameters is `settings`: every parameter of its policy, as text.
setting_map parameters_of(const policy_settings& settings);

// The name of the policy in full, whatever alias was used. REQUIRES: make_policy() takes it.
std::string_view canonical_name(std::string_view name_or_alias);

}  // namespace lars::balance
