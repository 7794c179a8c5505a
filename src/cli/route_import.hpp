// `lars route import`: imports a file of routes into the storage in one transaction.
#pragma once

#include "cli/arguments.hpp"
#include "cli/command.hpp"

namespace lars::cli {

// Positional: the file, - for standard input. Option: replace M C.
int import_routes(const arguments& args, const environment& env);

}  // namespace lars::cli
