// Runs a process of roles from start to stop.
#pragma once

#include <ostream>

#include "app/settings.hpp"

namespace lars::app {

// Starts the roles and returns the exit code after SIGTERM or SIGINT. Prints "listening role=NAME port=NNN" for each
// role on `out` once all sockets are bound. SIGHUP reopens the log file, reads `sources` again and applies the keys
// marked `live`. Notifies systemd of each step. Threads: main thread.
int run_roles(const setting_sources& sources, const settings& configuration, std::ostream& out, std::ostream& err);

}  // namespace lars::app
