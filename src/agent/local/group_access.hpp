// Whether the processes that may connect to an agent's socket can come as far.
#pragma once

#include <filesystem>

namespace lars::agent {

// The first directory on the way to the file that members of the file's group may not pass, unless they are root or
// that directory's owner; empty = they may pass all. Access lists are not looked at. Threads: any; blocking.
std::filesystem::path closed_to_group_of(const std::filesystem::path& file);

}  // namespace lars::agent
