// The rules of every module: the agent's configuration, overridden by the module's settings from dns.
#pragma once

#include <cstddef>
#include <lars/types.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "agent/service/module_rules.hpp"
#include "agent/service/service_index.hpp"
#include "base/module_settings.hpp"

namespace lars::agent {

// Lifetime: outlives the modules that use its rules. Threads: owner context only. Nothing is logged here.
// Invariant: every module uses rules of this cache. Rules are freed only after their module uses others.
class settings_cache {
public:
  explicit settings_cache(const module_rules& base);

  // The rules of a new module.
  const module_rules& defaults() const { return *defaults_; }

  struct outcome {
    bool changed = false;  // the module's settings changed
    std::string refused;   // why the settings are invalid here, once for the same settings; the last good ones stay
  };
  // REQUIRES: the module uses rules of this cache.
  outcome apply(service_state& service, const base::module_settings& settings);

  // Call before retiring the module: drops its settings and gives it rules that live as long as the cache.
  void forget(service_state& service);

  // The settings in use (empty if none), and whether the last ones from dns were refused.
  const base::module_settings& settings(route_key key) const;
  bool is_refused(route_key key) const;

  // The configuration changed: recomputes the rules of every module from the new base.
  void rebase(const module_rules& base, const service_index& modules);

  std::size_t modules() const { return modules_; }  // modules with settings in use
  std::size_t refused() const { return refused_; }  // modules whose last settings from dns were refused

private:
  struct module_override {
    base::module_settings settings;                // in use
    std::unique_ptr<const module_rules> rules;     // null = the defaults
    std::optional<base::module_settings> refused;  // the last settings from dns, if they were refused
  };
  void replace_rules(service_state& service, module_override& entry, const base::module_settings& settings,
                     const module_rules& rules);

  const module_rules retired_;  // the rules of retired modules
  std::unique_ptr<const module_rules> defaults_;
  std::unordered_map<route_key, module_override> overrides_;  // of modules with settings from dns
  std::size_t modules_ = 0;
  std::size_t refused_ = 0;
};

}  // namespace lars::agent
