#include "agent/callers/caller.hpp"

namespace lars::agent {

caller::caller(boost::asio::io_context& context, share::descriptor socket, peer_process peer, caller_account& account,
               base::time_point now)
    : socket_(context), process_(context), pid_(peer.pid), account_(account), since_(now) {
  // assign() takes the descriptor only if it does not throw.
  socket_.assign(socket.get());
  (void)socket.release();
  if (!peer.watch) return;
  process_.assign(peer.watch.get());
  (void)peer.watch.release();
}

void caller::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  process_.close(ignored);
}

}  // namespace lars::agent
