// The program behind main(): parses the command line, then runs roles or one command.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace lars::app {

// Returns the exit code of the process (0 done, 1 failed, 2 usage, 3 not found, 78 bad configuration). If output cannot
// be written: 1 with the reason, or 141 without a message if the reader closed its pipe.
// REQUIRES: called first in main(), or only after prepare_process(), so that a closed standard output is detected.
int run(int argc, char** argv);

// The same for the arguments after the name of the program. Writes data to `out` and messages to `err`.
// Threads: main thread; roles change the signal handling of the process.
int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err);

}  // namespace lars::app
