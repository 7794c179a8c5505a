// A process of roles from its start to its end.
#pragma once

#include <ostream>

#include "app/settings.hpp"

namespace lars::app {

// Starts the roles, prints a line "listening role=NAME port=NNN" for each on `out` once every socket is bound, and
// returns the exit code after SIGTERM or SIGINT. SIGHUP opens the log file anew, reads `sources` again and
// brings what may change while roles run into effect. systemd is told of each step. Threads: main thread.
int run_roles(const setting_sources& sources, const settings& configuration, std::ostream& out, std::ostream& err);

}  // namespace lars::app
