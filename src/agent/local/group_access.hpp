// Checks that the group that may connect to an agent's socket can also reach its path.
#pragma once

#include <filesystem>

namespace lars::agent {

// The first directory on the path to the file that members of the file's group cannot enter (unless they are root or
// the directory's owner); empty if they can enter all. Ignores access control lists. Threads: any; blocking.
std::filesystem::path closed_to_group_of(const std::filesystem::path& file);

}  // namespace lars::agent
