#include "agent/routes/settings_cache.hpp"

#include <utility>

#include "balance/catalog.hpp"

namespace lars::agent {
namespace {

// Settings that say nothing of a policy leave the configuration's.
result<module_rules> rules_of(const base::module_settings& settings, const module_rules& base) {
  const bool says_policy = !settings.policy.empty() || !settings.parameter.empty();
  const auto policy = says_policy ? balance::make_policy(settings.policy, settings.parameter)
                                  : result<balance::policy_settings>(base.policy);
  if (!policy) return policy.error();
  const auto health = balance::make_health(base.health, settings.health);
  if (!health) return health.error();
  return module_rules{*policy, *health};
}

std::unique_ptr<const module_rules> kept(module_rules rules) { return std::make_unique<const module_rules>(rules); }

}  // namespace

settings_cache::settings_cache(const module_rules& base) : usual_(kept(base)) {}

settings_cache::outcome settings_cache::apply(service_state& one, const base::module_settings& settings) {
  const auto known = own_.find(one.key());
  if (known == own_.end() && settings.empty()) return {};
  auto& own = known == own_.end() ? own_[one.key()] : known->second;
  auto rules = rules_of(settings, *usual_);
  if (!rules) {
    if (own.refused == settings) return {};
    if (!own.refused) ++refused_;
    own.refused = settings;
    return {false, rules.error().detail};
  }
  if (own.refused) --refused_;
  own.refused.reset();
  const bool changed = own.settings != settings;
  if (changed) adopt(one, own, settings, *rules);
  if (own.settings.empty()) own_.erase(one.key());
  return {changed, {}};
}

// The rules in use until now go last.
void settings_cache::adopt(service_state& one, own_rules& own, const base::module_settings& settings,
                           const module_rules& rules) {
  modules_ += settings.empty() ? 0 : 1;
  modules_ -= own.settings.empty() ? 0 : 1;
  auto next = settings.empty() ? nullptr : kept(rules);
  one.use(next ? *next : *usual_);
  own.rules = std::move(next);
  own.settings = settings;
}

void settings_cache::forget(service_state& one) {
  one.use(last_);
  const auto known = own_.find(one.key());
  if (known == own_.end()) return;
  modules_ -= known->second.settings.empty() ? 0 : 1;
  refused_ -= known->second.refused ? 1 : 0;
  own_.erase(known);
}

const base::module_settings& settings_cache::settings(route_key key) const {
  static const base::module_settings none;
  const auto known = own_.find(key);
  return known == own_.end() ? none : known->second.settings;
}

bool settings_cache::is_refused(route_key key) const {
  const auto known = own_.find(key);
  return known != own_.end() && known->second.refused.has_value();
}

void settings_cache::rebase(const module_rules& base, const service_index& modules) {
  auto usual = kept(base);
  modules.for_each([&](service_state& one) {
    const auto known = own_.find(one.key());
    if (known == own_.end() || !known->second.rules) return one.use(*usual);
    // What was good on one base is good on every other.
    auto next = kept(rules_of(known->second.settings, base).value());
    one.use(*next);
    known->second.rules = std::move(next);
  });
  usual_ = std::move(usual);
}

}  // namespace lars::agent
