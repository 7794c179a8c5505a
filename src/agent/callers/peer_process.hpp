// The process at the other end of a Unix connection: that one and no other, although pids come again.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "share/memory_file.hpp"

namespace lars::agent {

struct peer_process {
  std::int32_t pid = 0;     // for people: it may be another process's by now; 0 = of another world of processes
  share::descriptor watch;  // readable once it has ended; none where the kernel gives none
  bool gone = false;        // it had ended already
  std::uint64_t name = 0;   // the same for all connections of one process, below 2^62 or from 2^63 up; 0 = not known
};

// The kernel, as far as it is asked here; for tests.
struct peer_calls {
  int (*getsockopt)(int, int, int, void*, socklen_t*) = ::getsockopt;
  int (*pidfd_open)(pid_t) = nullptr;  // null: the kernel's
};

// Who connected. REQUIRES: `socket` was accepted a moment ago.
peer_process peer_of(int socket, const peer_calls& calls = {});

}  // namespace lars::agent
