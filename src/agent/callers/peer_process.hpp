// Identifies the process at the other end of a Unix connection, even though pids are reused.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "share/memory_file.hpp"

namespace lars::agent {

struct peer_process {
  std::int32_t pid = 0;     // for log messages; it may have been reused; 0 = in another pid namespace
  share::descriptor watch;  // a pidfd, readable once the process has ended; empty if the kernel provides none
  bool gone = false;        // the process had already ended
  std::uint64_t name = 0;   // the same for all connections of a process; below 2^62 or at least 2^63; 0 = unknown
};

// The system calls used; replaceable in tests.
struct peer_calls {
  int (*getsockopt)(int, int, int, void*, socklen_t*) = ::getsockopt;
  int (*pidfd_open)(pid_t) = nullptr;  // null = the system call
};

// Identifies the process that connected. REQUIRES: `socket` was accepted just now.
peer_process peer_of(int socket, const peer_calls& calls = {});

}  // namespace lars::agent
