// Directories that hold what not every user of a machine may read.
#pragma once

#include <lars/error.hpp>
#include <string>

namespace lars::base {

// Makes the directory where there is none, for its owner and group alone (0750) whatever the umask; those above it are
// made as the umask has them. One that is there is left as it is. Returns whether it was made; errc::io_failed names
// path and reason, which is errno too. Threads: any; blocking.
result<bool> make_directory(const std::string& path);

}  // namespace lars::base
