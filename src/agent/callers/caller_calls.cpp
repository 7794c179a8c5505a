#include "agent/callers/caller_calls.hpp"

#include <sys/socket.h>

namespace lars::agent {

caller_calls& caller_calls::of_system() {
  static caller_calls calls;
  return calls;
}

share::descriptor caller_calls::accept(int listening) {
  return share::descriptor(::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

peer_process caller_calls::identify(int socket) { return peer_of(socket); }

bool caller_calls::send(int socket, const share::attach_message& message, std::span<const int> files) {
  return share::send_message(socket, message, files);
}

share::received caller_calls::receive(int socket, share::attach_message& message,
                                      std::vector<share::descriptor>& files) {
  return share::receive_message(socket, message, files);
}

}  // namespace lars::agent
