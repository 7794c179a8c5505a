#include "agent/callers/peer_process.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

namespace lars::agent {
namespace {

#ifndef SO_PEERPIDFD
constexpr int SO_PEERPIDFD = 77;  // Linux 6.5
#endif
constexpr std::uint32_t pidfs_magic = 0x50494446;                 // Linux 6.9: pidfds have an inode for each process
constexpr std::uint64_t is_pidfs_inode = std::uint64_t{1} << 63;  // distinguishes inodes from pids
constexpr int pid_bits = 22;                                      // the kernel's maximum
constexpr int start_bits = 40;                                    // centuries, in hundredths of a second

int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

bool has(int file, short event) {
  pollfd request{file, event, 0};
  return ::poll(&request, 1, 0) > 0;
}

// The process's start time in clock ticks since boot, its lower bits only; 0 if it cannot be read.
std::uint64_t started_at(std::int32_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string about;
  std::getline(file, about);
  // The second field, the name in parentheses, may contain anything. The start time is the twentieth field after it.
  const auto name_end = about.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(about.substr(name_end + 1));
  std::string field;
  for (int i = 0; i < 19; ++i) fields >> field;
  std::uint64_t ticks = 0;
  fields >> ticks;
  return ticks & ((std::uint64_t{1} << start_bits) - 1);
}

std::uint64_t name_of(const peer_process& peer) {
  struct statfs system {};
  struct stat about {};
  if (peer.watch && ::fstatfs(peer.watch.get(), &system) == 0 &&
      static_cast<std::uint32_t>(system.f_type) == pidfs_magic && ::fstat(peer.watch.get(), &about) == 0)
    return is_pidfs_inode | about.st_ino;
  return peer.pid == 0 ? 0 : started_at(peer.pid) << pid_bits | static_cast<std::uint32_t>(peer.pid);
}

// The pid may have been reused meanwhile. It was not while the connection's other end is open, unless that end was
// passed to another process, which older kernels cannot detect.
void watch_by_pid(peer_process& peer, int socket, const peer_calls& calls) {
  if (peer.pid == 0) return;
  peer.watch = share::descriptor(calls.pidfd_open != nullptr ? calls.pidfd_open(peer.pid) : open_pidfd(peer.pid));
  peer.gone = (!peer.watch && errno == ESRCH) || has(socket, POLLRDHUP);
}

}  // namespace

peer_process peer_of(int socket, const peer_calls& calls) {
  peer_process peer;
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (calls.getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) peer.pid = credentials.pid;
  int watch = -1;
  size = sizeof watch;
  // The pidfd of the process that connected, even if its pid was reused.
  if (calls.getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &watch, &size) == 0)
    peer.watch = share::descriptor(watch);
  else if (errno == ESRCH || errno == EINVAL)
    peer.gone = true;
  else
    watch_by_pid(peer, socket, calls);
  if (peer.watch && has(peer.watch.get(), POLLIN)) peer.gone = true;
  peer.name = name_of(peer);
  return peer;
}

}  // namespace lars::agent
