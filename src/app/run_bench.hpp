// `lars bench`: runs a measurement with the configuration of the program.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "app/settings.hpp"

namespace lars::app {

// Returns the exit code. REQUIRES: `args`, the arguments after `bench`, is not empty.
int run_bench(const std::vector<std::string>& args, const settings& configuration, std::ostream& out,
              std::ostream& err);

}  // namespace lars::app
