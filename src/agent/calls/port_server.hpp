// One UDP port: its socket, its thread, its call server.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <vector>

#include "agent/calls/call_server.hpp"
#include "net/datagram_server.hpp"
#include "net/io_thread.hpp"
#include "net/network.hpp"

namespace lars::agent {

// Lifetime: its role's; destroyed before `shared` and `network`. Threads: main thread.
class port_server {
public:
  // `shared`: of the thread, see net::io_thread.
  port_server(net::network& network, boost::asio::io_context& shared, endpoint where, const service_index& modules,
              const absent_modules& absent, miss_queue::wake_function wake);
  ~port_server();

  // Binds. errc::connection_refused with the reason.
  result<void> listen();

  // The rest REQUIRES: listen() succeeded.
  std::uint32_t port() const { return socket_->port(); }

  void start();
  void stop();  // returns when the thread has ended; may be called again

  call_server& calls() { return calls_; }
  stray_inbox& strays() { return calls_.strays(); }
  boost::asio::io_context& context() { return thread_.context(); }
  port_counts counts() const { return {&calls_.stats(), socket_->kernel_drops()}; }  // any thread

private:
  net::network& network_;
  const endpoint where_;
  call_server calls_;
  net::io_thread thread_;
  std::unique_ptr<net::datagram_server> socket_;  // set by listen()
  bool started_ = false;
};

using port_servers = std::vector<std::unique_ptr<port_server>>;

// Binds `count` consecutive ports starting at `first`; port 0 means any free ones. errc::connection_refused.
result<port_servers> bind_ports(endpoint first, std::size_t count,
                                const std::function<std::unique_ptr<port_server>(endpoint)>& create);

}  // namespace lars::agent
