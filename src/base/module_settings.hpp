// What is said of a module besides its hosts: names and values as somebody wrote them. The database keeps them, dns
// passes them on, agents obey them; what they mean and which are allowed, balance/catalog alone knows.
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
  named_values health;            // in place of an agent's own [loadbalance]
  std::uint32_t subset_size = 0;  // hosts that each agent uses; 0 = all

  // Says nothing at all: as if there were none.
  bool empty() const { return *this == module_settings(); }
  bool operator==(const module_settings&) const = default;
};

}  // namespace lars::base
