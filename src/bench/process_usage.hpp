// What the kernel says a process has used.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

namespace lars::bench {

// Processor time of all its threads so far; nothing when there is no such process.
std::optional<std::chrono::nanoseconds> cpu_time_of(pid_t pid);

// The most memory it ever held (VmHWM), in megabytes of 2^20 bytes; 0 when there is no such process.
double peak_memory_of(pid_t pid);

// The database server of this machine, if there is exactly one.
std::optional<pid_t> find_database_server();

}  // namespace lars::bench
