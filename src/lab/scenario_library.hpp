// The scenarios that come with the program, and those of files.
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

// Those of tests/scenarios as they were when the program was built.
std::span<const embedded_scenario> embedded_scenarios();

// The embedded one of that name, else the file of that path. errc::not_found where there is neither;
// errc::invalid_argument with the line for what a scenario may not say. Threads: blocking.
result<scenario> load_scenario(const std::string& name_or_file);

}  // namespace lars::lab
