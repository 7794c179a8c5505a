#include "agent/caller.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lars::agent {
namespace {

std::int32_t peer_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

}  // namespace

caller::caller(boost::asio::io_context& context, share::descriptor socket, base::time_point now)
    : socket_(context), process_(context), pid_(peer_of(socket.get())), since_(now) {
  socket_.assign(socket.release());
  if (pid_ == 0) return;
  if (const auto process = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)); process >= 0) process_.assign(process);
}

void caller::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  process_.close(ignored);
}

}  // namespace lars::agent
