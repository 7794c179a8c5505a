// The settings of a module, as names and values in the form that an operator wrote. The database stores them, dns
// forwards them and agents apply them. Only balance/ knows which are allowed and what they mean.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace lars::base {

struct module_settings {
  using named_values = std::map<std::string, std::string, std::less<>>;

  std::string policy;             // name or alias; empty = the default policy
  named_values parameter;         // of the policy
  named_values health;            // overrides [loadbalance] of an agent
  std::uint32_t subset_size = 0;  // hosts that each agent uses; 0 = all

  // True if nothing is set.
  bool empty() const { return *this == module_settings(); }
  bool operator==(const module_settings&) const = default;
};

}  // namespace lars::base
