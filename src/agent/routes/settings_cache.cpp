#include "agent/routes/settings_cache.hpp"

#include <utility>

#include "balance/health/health_settings.hpp"
#include "balance/policy/registry.hpp"

namespace lars::agent {
namespace {

// Settings without a policy keep the configured one.
result<module_rules> rules_of(const base::module_settings& settings, const module_rules& base) {
  const bool has_policy = !settings.policy.empty() || !settings.parameter.empty();
  const auto policy = has_policy ? balance::make_policy(settings.policy, settings.parameter)
                                 : result<balance::policy_settings>(base.policy);
  if (!policy) return policy.error();
  const auto health = balance::make_health(base.health, settings.health);
  if (!health) return health.error();
  return module_rules{*policy, *health};
}

std::unique_ptr<const module_rules> copy_of(const module_rules& rules) {
  return std::make_unique<const module_rules>(rules);
}

}  // namespace

settings_cache::settings_cache(const module_rules& base) : defaults_(copy_of(base)) {}

settings_cache::outcome settings_cache::apply(service_state& service, const base::module_settings& settings) {
  const auto known = overrides_.find(service.key());
  if (known == overrides_.end() && settings.empty()) return {};
  auto& entry = known == overrides_.end() ? overrides_[service.key()] : known->second;
  auto rules = rules_of(settings, *defaults_);
  if (!rules) {
    if (entry.refused == settings) return {};
    if (!entry.refused) ++refused_;
    entry.refused = settings;
    return {false, rules.error().detail};
  }
  if (entry.refused) --refused_;
  entry.refused.reset();
  const bool changed = entry.settings != settings;
  if (changed) replace_rules(service, entry, settings, *rules);
  if (entry.settings.empty()) overrides_.erase(service.key());
  return {changed, {}};
}

// Frees the previous rules only after the module uses the new ones.
void settings_cache::replace_rules(service_state& service, module_override& entry,
                                   const base::module_settings& settings, const module_rules& rules) {
  modules_ += settings.empty() ? 0 : 1;
  modules_ -= entry.settings.empty() ? 0 : 1;
  auto next = settings.empty() ? nullptr : copy_of(rules);
  service.use(next ? *next : *defaults_);
  entry.rules = std::move(next);
  entry.settings = settings;
}

void settings_cache::forget(service_state& service) {
  service.use(retired_);
  const auto known = overrides_.find(service.key());
  if (known == overrides_.end()) return;
  modules_ -= known->second.settings.empty() ? 0 : 1;
  refused_ -= known->second.refused ? 1 : 0;
  overrides_.erase(known);
}

const base::module_settings& settings_cache::settings(route_key key) const {
  static const base::module_settings none;
  const auto known = overrides_.find(key);
  return known == overrides_.end() ? none : known->second.settings;
}

bool settings_cache::is_refused(route_key key) const {
  const auto known = overrides_.find(key);
  return known != overrides_.end() && known->second.refused.has_value();
}

void settings_cache::rebase(const module_rules& base, const service_index& modules) {
  auto defaults = copy_of(base);
  modules.for_each([&](service_state& service) {
    const auto known = overrides_.find(service.key());
    if (known == overrides_.end() || !known->second.rules) return service.use(*defaults);
    // Settings that are valid with one base are valid with every base.
    auto next = copy_of(rules_of(known->second.settings, base).value());
    service.use(*next);
    known->second.rules = std::move(next);
  });
  defaults_ = std::move(defaults);
}

}  // namespace lars::agent
