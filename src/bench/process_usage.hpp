// Processor time and memory of a process, from the kernel.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lars::bench {

// Processor time of all its threads so far; nullopt when there is no such process.
std::optional<std::chrono::nanoseconds> cpu_time_of(pid_t pid);

// Its peak memory (VmHWM) in units of 2^20 bytes; 0 when there is no such process.
double peak_memory_of(pid_t pid);

// Memory that a process holds now, in bytes.
struct memory_parts {
  std::uint64_t anonymous = 0;  // its own: heap and stacks
  std::uint64_t shared = 0;     // pages of memory files, whoever else maps them
};
// Zeros when there is no such process.
memory_parts memory_of(pid_t pid);

// Resident bytes of its mapped files whose names contain `name`.
std::uint64_t mapped_files_of(pid_t pid, const std::string& name);

// Binds all its threads to these processors; false when that fails for a thread.
bool bind_process(pid_t pid, const std::vector<int>& cpus);

// The database server of this machine, if there is exactly one.
std::optional<pid_t> find_database_server();

}  // namespace lars::bench
