#include "balance/policy/registry.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "balance/policy/lars_queue.hpp"
#include "balance/policy/least_request.hpp"
#include "balance/policy/p2c.hpp"
#include "balance/policy/ralb.hpp"
#include "balance/policy/random_choice.hpp"
#include "balance/policy/round_robin.hpp"
#include "balance/policy/weighted_round_robin.hpp"

namespace lars::balance {
namespace {

// By number.
constexpr std::array rows{
    &p2c_policy,
    &round_robin_policy,
    &weighted_round_robin_policy,
    &random_policy,
    &weighted_random_policy,
    &least_request_policy,
    &ralb_policy,
    &lars_policy,
};

// Null if the name is the policy's own.
const policy_alias* find_alias(const policy_definition& of, std::string_view name) {
  const auto found = std::ranges::find(of.aliases, name, &policy_alias::name);
  return found == of.aliases.end() ? nullptr : &*found;
}

}  // namespace

std::span<const policy_definition* const> all_policies() { return rows; }

std::string policy_names(std::string_view separator) {
  std::string all;
  for (const auto* one : rows) all.append(all.empty() ? "" : separator).append(one->name);
  return all;
}

const policy_definition& policy_of(policy_kind kind) { return *rows[static_cast<std::size_t>(kind)]; }

const policy_definition& policy_of(const published_policy& published) {
  if (published.kind < rows.size()) return *rows[published.kind];
  return published.fallback < rows.size() ? *rows[published.fallback] : *rows.front();
}

const policy_definition* find_policy(std::string_view name) {
  if (name.empty()) return rows.front();
  const auto found = std::ranges::find_if(
      rows, [name](const policy_definition* one) { return one->name == name || find_alias(*one, name) != nullptr; });
  return found == rows.end() ? nullptr : *found;
}

result<policy_settings> make_policy(std::string_view name, const base::setting_map& parameters) {
  const auto* const policy = find_policy(name);
  if (policy == nullptr) return base::not_allowed("policy", name, policy_names());
  policy_settings made;
  made.kind = policy->kind;
  if (const auto* const alias = find_alias(*policy, name); alias != nullptr && alias->apply != nullptr)
    alias->apply(made);
  return base::assigned(
      made, policy->parameters, "parameter", parameters,
      [](policy_settings& to, const policy_parameter& one, std::string_view text) { return one.assign(to, text); });
}

base::setting_map parameters_of(const policy_settings& settings) {
  base::setting_map all;
  for (const auto& one : policy_of(settings.kind).parameters) all.emplace(one.name, one.show(settings));
  return all;
}

std::string_view canonical_name(std::string_view name_or_alias) {
  const auto* const policy = find_policy(name_or_alias);
  return policy == nullptr ? std::string_view() : policy->name;
}

}  // namespace lars::balance
