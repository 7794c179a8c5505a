// `lars demo`: runs every role in one process, and the demo against them.
#pragma once

#include <ostream>

#include "app/command_line.hpp"

namespace lars::app {

// Uses a SQLite database in a temporary directory, which it removes at the end, and free ports unless ports are set.
// Everything else is as configured. Returns the exit code. Threads: main thread.
int run_demo(const command_line& line, std::ostream& out, std::ostream& err);

}  // namespace lars::app
