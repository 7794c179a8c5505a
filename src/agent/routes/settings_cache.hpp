// The rules of every module: those of this agent's configuration, with what dns said of the module on top.
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

// Lifetime: outlives every use of the modules it gave rules to. Threads: owner context only. Nothing is logged here.
// Invariant: a module uses rules of this cache; rules go only when the module uses others.
class settings_cache {
public:
  explicit settings_cache(const module_rules& base);

  // What a module begins with.
  const module_rules& usual() const { return *usual_; }

  // What dns's word led to.
  struct outcome {
    bool changed = false;  // the module obeys other settings than before
    std::string refused;   // why this agent does not know the settings, once for the same ones; the last good ones stay
  };
  // REQUIRES: the module uses rules of this cache.
  outcome apply(service_state& one, const base::module_settings& settings);

  // The module is about to be retired: nothing is kept of it, and it uses rules that live as long as the cache.
  void forget(service_state& one);

  // The settings that count, empty where there are none; and whether dns's last word was refused.
  const base::module_settings& settings(route_key key) const;
  bool is_refused(route_key key) const;

  // The configuration changed: every module uses rules on the new base afterwards.
  void rebase(const module_rules& base, const service_index& modules);

  std::size_t modules() const { return modules_; }  // with settings that count
  std::size_t refused() const { return refused_; }  // where dns's last word was refused

private:
  struct own_rules {
    base::module_settings settings;                // that count
    std::unique_ptr<const module_rules> rules;     // null: the usual ones
    std::optional<base::module_settings> refused;  // dns's last word, where it was
  };
  void adopt(service_state& one, own_rules& own, const base::module_settings& settings, const module_rules& rules);

  const module_rules last_;  // of modules that are retired
  std::unique_ptr<const module_rules> usual_;
  std::unordered_map<route_key, own_rules> own_;  // of modules that dns said something of
  std::size_t modules_ = 0;
  std::size_t refused_ = 0;
};

}  // namespace lars::agent
