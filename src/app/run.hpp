// The program behind main(): reads the command line and becomes roles, or one command.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace lars::app {

// Returns the process's exit code (0 done, 1 failed, 2 usage, 3 not found, 78 bad configuration). Output that cannot be
// written is 1 with the reason, whatever the command says; 141 without a word where its reader left.
// REQUIRES: called first in main(), or after prepare_process() alone, so that a closed standard output still shows.
int run(int argc, char** argv);

// The same with the arguments after the program's name, data to `out` and messages to `err`.
// Threads: main thread; roles take over the process's signals.
int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err);

}  // namespace lars::app
