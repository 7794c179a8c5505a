// The JSON of ModuleSettings: {"health": {NAME: "VALUE", …}, "parameter": {…}, "policy": "NAME", "subset_size": N},
// members without a value are left out. Pure.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <string_view>

#include "base/module_settings.hpp"

namespace lars::storage {

// Parses the text; does not check which names and values are allowed.
// errc::invalid_argument: not such JSON, an unknown member, or longer than settings_limit.
result<base::module_settings> parse_settings(std::string_view text);

// Equal settings give equal text: members and names are sorted, without white space.
std::string format_settings(const base::module_settings& settings);

}  // namespace lars::storage
