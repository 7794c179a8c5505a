// The program behind main(): reads the command line and becomes roles, or one command.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace lars::app {

// Returns the process's exit code (DESIGN: 0 done, 1 failed, 2 usage, 3 not found, 78 bad configuration).
int run(int argc, char** argv);

// The same with the arguments after the program's name, data to `out` and messages to `err`.
// Threads: main thread; roles take over the process's signals.
int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err);

}  // namespace lars::app
