// The value in effect for every key, and its origin.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "app/key_table.hpp"

namespace lars::app {

struct setting {
  std::string value;
  std::string origin;  // "dns.conf:12", "LARS_DNS_PORT", "--set dns.port"; empty = the default
};

// Invariant: every value has passed check_value. Threads: owner context only.
class setting_table {
public:
  setting_table();  // every key at its default

  // Replaces the value of a key. Callers assign from the weakest source to the strongest.
  // errc::invalid_argument for an unknown section or key or an invalid value; the detail starts with `origin`.
  result<void> assign(std::string_view section, std::string_view name, std::string value, std::string origin);

  // REQUIRES: the key table has the key.
  const setting& at(std::string_view section, std::string_view name) const;
  const std::string& value(std::string_view section, std::string_view name) const { return at(section, name).value; }

private:
  std::vector<setting> settings_;  // in the order of all_keys()
};

}  // namespace lars::app
