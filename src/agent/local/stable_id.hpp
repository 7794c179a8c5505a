// The number by which an agent chooses its subsets of hosts: unique to the agent and the same at every start.
#pragma once

#include <cstdint>
#include <filesystem>

namespace lars::agent {

// A hash of the random id stored in `state_dir`/agent.id and of the machine's id. The latter distinguishes machines
// cloned from one disk image, the former containers that share a machine id. A missing machine id is not an error.
// A damaged file is renamed to *.damaged and a new id created. If the id cannot be saved, it is valid for this process
// only. Both are logged. REQUIRES: the directory exists and only this process uses it. Threads: blocking.
std::uint64_t stable_id(const std::filesystem::path& state_dir,
                        const std::filesystem::path& machine_id = "/etc/machine-id");

}  // namespace lars::agent
