// Creates directories that not every user of the machine may read.
#pragma once

#include <lars/error.hpp>
#include <string>

namespace lars::base {

// Creates the directory with mode 0750, whatever the umask, and missing parents with the mode that the umask allows.
// Does not change a directory that exists. Returns true if it created the directory. errc::io_failed names the path and
// the reason, which is also in errno. Threads: any; blocking.
result<bool> make_directory(const std::string& path);

}  // namespace lars::base
