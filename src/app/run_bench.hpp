// The measurements, with the program's configuration.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "app/settings.hpp"

namespace lars::app {

// `args` is what follows `bench`; not empty. Returns the exit code.
int run_bench(const std::vector<std::string>& args, const settings& configuration, std::ostream& out,
              std::ostream& err);

}  // namespace lars::app
