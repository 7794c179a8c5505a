// The policies there are. A new one is a file that defines it and a row here.
#pragma once

#include <lars/error.hpp>
#include <span>
#include <string>
#include <string_view>

#include "balance/policy/definition.hpp"

namespace lars::balance {

// In the order of their numbers; the first is the default.
std::span<const policy_definition* const> all_policies();

// Their names in that order.
std::string policy_names(std::string_view separator = ", ");

const policy_definition& policy_of(policy_kind kind);

// The policy of a table, which another version of this program may have written: the fallback for a number that this
// one does not know, the default where that is unknown too.
const policy_definition& policy_of(const published_policy& published);

// The policy of that name or alias; an empty name is the default's. Null if there is none.
const policy_definition* find_policy(std::string_view name);

// Settings of that policy with these parameters. errc::invalid_argument names what is allowed and its field: policy or
// parameter.NAME.
result<policy_settings> make_policy(std::string_view name, const base::setting_map& parameters);

// What make_policy() makes of these parameters is `settings`: every parameter of its policy, as text.
base::setting_map parameters_of(const policy_settings& settings);

// The name of the policy in full, whatever alias was used; empty if there is no such policy.
std::string_view canonical_name(std::string_view name_or_alias);

}  // namespace lars::balance
