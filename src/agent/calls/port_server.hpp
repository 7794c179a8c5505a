// One UDP port: its socket, its thread, its call server.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "agent/calls/call_server.hpp"
#include "net/udp_server.hpp"

namespace lars::agent {

// Lifetime: its role's. Threads: main thread.
class port_server {
public:
  port_server(endpoint where, const service_index& modules, const absent_modules& absent,
              miss_queue::wake_function wake);
  ~port_server();

  result<void> listen() { return socket_.listen(); }
  std::uint32_t port() const { return socket_.port(); }

  void start();
  void stop();  // returns when the thread has ended; may be called again

  call_server& calls() { return calls_; }
  stray_inbox& strays() { return calls_.strays(); }
  boost::asio::io_context& context() { return context_; }
  port_counts counts() const { return {&calls_.stats(), socket_.kernel_drops()}; }  // any thread

private:
  call_server calls_;
  boost::asio::io_context context_;
  net::udp_server socket_;
  std::thread thread_;
};

using port_servers = std::vector<std::unique_ptr<port_server>>;

// Binds `count` consecutive ports starting at `first`; port 0 means any free ones. errc::connection_refused.
result<port_servers> bind_ports(endpoint first, std::size_t count,
                                const std::function<std::unique_ptr<port_server>(endpoint)>& create);

}  // namespace lars::agent
