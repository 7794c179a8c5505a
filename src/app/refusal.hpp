// Each prints one line that says why nothing was started, and returns the exit code.
#pragma once

#include <lars/error.hpp>
#include <ostream>
#include <string>

namespace lars::app {

int refuse_usage(const std::string& why, std::ostream& err);    // 2
int refuse_configuration(const error& why, std::ostream& err);  // 78
int refuse_start(const error& why, std::ostream& err);          // 1

}  // namespace lars::app
