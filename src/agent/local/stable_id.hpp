// The number by which an agent chooses its subsets of hosts: its own, and the same at each of its starts.
#pragma once

#include <cstdint>
#include <filesystem>

namespace lars::agent {

// Mixed from a random id that `state_dir`/agent.id keeps and from the machine's id. Machines cloned from one disk image
// differ by the latter, containers that share a machine id by the former. A machine without an id is no error.
// A damaged file is put aside and a new id made; where none can be saved, the id is good for this process alone. Both
// are logged. REQUIRES: the directory is there and nobody else uses it. Threads: blocking.
std::uint64_t stable_id(const std::filesystem::path& state_dir,
                        const std::filesystem::path& machine_id = "/etc/machine-id");

}  // namespace lars::agent
