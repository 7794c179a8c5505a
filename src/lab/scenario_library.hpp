// Loads built-in scenarios and scenario files.
#pragma once

#include <lars/error.hpp>
#include <span>
#include <string>
#include <string_view>

#include "lab/scenario.hpp"

namespace lars::lab {

struct embedded_scenario {
  std::string_view name;
  std::string_view text;
};

// The scenarios of tests/scenarios, embedded at build time.
std::span<const embedded_scenario> embedded_scenarios();

// Loads the built-in scenario of that name, otherwise the file at that path. errc::not_found where there is neither,
// errc::invalid_argument with file and line for an invalid scenario. Threads: blocking.
result<scenario> load_scenario(const std::string& name_or_file);

}  // namespace lars::lab
