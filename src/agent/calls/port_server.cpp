#include "agent/calls/port_server.hpp"

#include <string>
#include <utility>

#include "net/fence.hpp"

namespace lars::agent {
namespace {

constexpr int attempts_at_free_ports = 64;

result<port_servers> bind_from(endpoint first, std::size_t count,
                               const std::function<std::unique_ptr<port_server>(endpoint)>& create) {
  port_servers servers;
  endpoint where = first;
  while (servers.size() < count) {
    if (where.port > 65535)
      return {errc::connection_refused, "the agent needs " + std::to_string(count) + " consecutive UDP ports; " +
                                            std::to_string(first.port) + " is too close to 65535"};
    auto server = create(where);
    if (auto bound = server->listen(); !bound) return bound.error();
    where.port = server->port() + 1;
    servers.push_back(std::move(server));
  }
  return servers;
}

}  // namespace

port_server::port_server(net::network& network, boost::asio::io_context& shared, endpoint where,
                         const service_index& modules, const absent_modules& absent, miss_queue::wake_function wake)
    : network_(network), where_(where), calls_(modules, absent, std::move(wake)), thread_(shared) {}

port_server::~port_server() { stop(); }

result<void> port_server::listen() {
  auto bound = network_.bind(thread_.context(), where_);
  if (!bound) return bound.error();
  socket_ = *std::move(bound);
  return {};
}

void port_server::start() {
  started_ = true;
  thread_.start("serving a UDP port", net::keep_running("serving a UDP port", [this] { return socket_->run(calls_); }));
}

void port_server::stop() {
  if (!std::exchange(started_, false)) return;
  socket_->stop();
  thread_.join();
}

result<port_servers> bind_ports(endpoint first, std::size_t count,
                                const std::function<std::unique_ptr<port_server>(endpoint)>& create) {
  auto servers = bind_from(first, count, create);
  for (int i = 1; !servers && first.port == 0 && i < attempts_at_free_ports; ++i)
    servers = bind_from(first, count, create);
  return servers;
}

}  // namespace lars::agent
