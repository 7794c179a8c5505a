// One connection of a process that shares memory with this agent, and its counters.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "agent/callers/caller_account.hpp"
#include "agent/callers/peer_process.hpp"
#include "base/clock.hpp"
#include "share/attach.hpp"
#include "share/caller_counters.hpp"

namespace lars::agent {

// Lifetime: shared by the coroutines that wait on it. Threads: owner context only.
class caller {
public:
  // `account` is the process's and already counts this connection. REQUIRES: it outlives the caller. Throws if the
  // context cannot watch the descriptors; they are closed then.
  caller(boost::asio::io_context& context, share::descriptor socket, peer_process peer, caller_account& account,
         base::time_point now);

  boost::asio::posix::stream_descriptor& socket() { return socket_; }
  // A pidfd: readable once the process has ended, even if a child process still holds the socket. Closed if the kernel
  // provides none.
  boost::asio::posix::stream_descriptor& process() { return process_; }
  std::int32_t pid() const { return pid_; }  // for log messages; another process may have it by now
  caller_account& account() const { return account_; }
  base::time_point since() const { return since_; }

  void close();
  bool is_open() const { return socket_.is_open(); }

  share::caller_counters counters;
  bool attached = false;
  bool gone = false;  // the process has ended or uses another connection

private:
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::posix::stream_descriptor process_;
  const std::int32_t pid_;
  caller_account& account_;
  const base::time_point since_;
};

}  // namespace lars::agent
