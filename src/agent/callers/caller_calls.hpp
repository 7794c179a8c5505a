// The system calls by which processes are accepted and answered; replaceable in tests.
#pragma once

#include <span>
#include <vector>

#include "agent/callers/peer_process.hpp"
#include "share/attach.hpp"
#include "share/memory_file.hpp"

namespace lars::agent {

// Threads: owner context only. None of them waits.
class caller_calls {
public:
  // Those of the operating system.
  static caller_calls& of_system();

  virtual ~caller_calls() = default;

  // The next waiting connection; empty and errno if none can be accepted.
  virtual share::descriptor accept(int listening);
  // As peer_of().
  virtual peer_process identify(int socket);
  // As share::send_message() and share::receive_message().
  virtual bool send(int socket, const share::attach_message& message, std::span<const int> files);
  virtual share::received receive(int socket, share::attach_message& message, std::vector<share::descriptor>& files);
};

}  // namespace lars::agent
