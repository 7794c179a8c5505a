// What the kernel says a process has used.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lars::bench {

// Processor time of all its threads so far; nothing when there is no such process.
std::optional<std::chrono::nanoseconds> cpu_time_of(pid_t pid);

// The most memory it ever held (VmHWM), in megabytes of 2^20 bytes; 0 when there is no such process.
double peak_memory_of(pid_t pid);

// Memory that a process holds now, in bytes.
struct memory_parts {
  std::uint64_t anonymous = 0;  // its own: heap and stacks
  std::uint64_t shared = 0;     // pages of memory files, whoever else maps them
};
// Zeros when there is no such process.
memory_parts memory_of(pid_t pid);

// How many bytes it has in memory of mapped files whose names contain this.
std::uint64_t mapped_files_of(pid_t pid, const std::string& name);

// Binds all its threads to these processors; false when one of them cannot be.
bool bind_process(pid_t pid, const std::vector<int>& cpus);

// The database server of this machine, if there is exactly one.
std::optional<pid_t> find_database_server();

}  // namespace lars::bench
