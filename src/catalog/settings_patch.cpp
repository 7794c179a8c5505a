#include "catalog/settings_patch.hpp"

#include "balance/health/health_settings.hpp"
#include "balance/policy/registry.hpp"
#include "catalog/host_fields.hpp"

namespace lars::catalog {
namespace {

using named_values = base::module_settings::named_values;

error about(std::string field, const std::string& why) {
  auto detail = field + why;
  return {errc::invalid_argument, std::move(detail), std::move(field)};
}

result<void> put(const std::string& group, const named_values& changes, named_values& into) {
  for (const auto& [name, value] : changes) {
    if (!value.empty())
      into[name] = value;
    else if (into.erase(name) == 0)
      return about(group + '.' + name, " is not set, so it cannot be removed");
  }
  return {};
}

}  // namespace

result<named_values> parse_values(std::string_view group, std::span<const std::string> words) {
  const std::string field(group);
  named_values values;
  for (const auto& word : words) {
    const auto equal = word.find('=');
    if (equal == 0 || equal == std::string::npos) return base::not_allowed(field, word, "NAME=VALUE");
    if (!values.emplace(word.substr(0, equal), word.substr(equal + 1)).second)
      return about(field + '.' + word.substr(0, equal), " is given more than once");
  }
  return values;
}

result<std::uint32_t> parse_subset_size(std::string_view text) {
  return parse_bounded<std::uint32_t>(text, "subset_size", 0, most_subset_hosts);
}

result<base::module_settings> patched(const base::module_settings& current, const settings_patch& patch) {
  auto next = current;
  if (patch.policy) {
    next.policy = *patch.policy;
    next.parameter.clear();
  }
  if (auto done = put("parameter", patch.parameter, next.parameter); !done) return done.error();
  if (auto done = put("health", patch.health, next.health); !done) return done.error();
  if (patch.subset_size) next.subset_size = *patch.subset_size;
  if (auto good = check_settings(next); !good) return good.error();
  return next;
}

result<void> check_settings(const base::module_settings& settings) {
  if (const auto policy = balance::make_policy(settings.policy, settings.parameter); !policy) return policy.error();
  if (const auto health = balance::make_health({}, settings.health); !health) return health.error();
  return {};
}

}  // namespace lars::catalog
