// Every role there is in one process, and the demo against them.
#pragma once

#include <ostream>

#include "app/command_line.hpp"

namespace lars::app {

// Runs on an embedded database in a directory of its own below the temporary one, which is removed at the end, and on
// free ports unless some are set; everything else is as configured. Returns the exit code. Threads: main thread.
int run_demo(const command_line& line, std::ostream& out, std::ostream& err);

}  // namespace lars::app
