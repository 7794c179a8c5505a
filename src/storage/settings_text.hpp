// The JSON of ModuleSettings: {"health": {NAME: "VALUE", …}, "parameter": {…}, "policy": "NAME", "subset_size": N},
// each member only where it says something. Pure.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <string_view>

#include "base/module_settings.hpp"

namespace lars::storage {

// What the text says; which names and values are allowed is not looked at.
// errc::invalid_argument: it is no such JSON, has other members or is longer than settings_limit.
result<base::module_settings> parse_settings(std::string_view text);

// Equal settings = equal text: members and names are sorted, nothing is between them.
std::string format_settings(const base::module_settings& settings);

}  // namespace lars::storage
