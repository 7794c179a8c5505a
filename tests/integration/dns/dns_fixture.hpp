// A dns role on real sockets, and peers that speak to it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dns/role.hpp"
#include "proto/codec.hpp"
#include "storage/route_row.hpp"
#include "support/eventually.hpp"
#include "support/test_database.hpp"

namespace lars::test {

using namespace std::chrono_literals;
using milliseconds = std::chrono::milliseconds;

// A role with contexts of its own. Fails the test when the role leaves work behind at its stop.
class running_dns {
public:
  explicit running_dns(const storage::storage_config& database, dns::dns_config config = quick());
  ~running_dns();

  std::uint32_t port() const { return role_->port(); }

  // The value of a line of its metrics, name and labels as they are written there; -1 where there is none.
  double metric(const std::string& name) const;

  // How long stop() took; harmless when repeated.
  milliseconds stop();

  // Polls every 20 ms, reconciles every second: tests wait less.
  static dns::dns_config quick();

private:
  net::io_pool pool_{2};
  std::unique_ptr<dns::role> role_;
  bool running_ = true;
};

// One connection to a dns, as an agent has it. Blocking, every wait has an end.
class dns_client {
public:
  explicit dns_client(std::uint32_t port, int receive_buffer = 0);

  void send(const std::string& bytes);
  void ask(route_key key) { send(proto::encode(proto::route_request{key, 0, 0})); }
  void ask_extended(route_key key, std::uint64_t known = 0) {
    send(proto::encode(proto::route_request{key, known, proto::our_features}));
  }

  // The next frame, header and body; nothing when none came in time or the connection ended.
  std::optional<std::string> frame(milliseconds patience = 5s);
  std::optional<proto::route_response> response(milliseconds patience = 5s);

  // Asks as an old peer and waits for the answer.
  proto::route_response route(route_key key);

  // Asks how the server stands; pushes that come before the answer are thrown away.
  proto::pong standing();

  // Whether the other side closed within `patience`; what still arrives is thrown away.
  bool closed(milliseconds patience = 5s);

  int handle() { return socket_.native_handle(); }

private:
  bool fill(milliseconds patience);  // false: nothing came

  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_{context_};
  std::string buffer_;
  bool ended_ = false;
};

// The endpoints of an answer, in its order.
std::vector<endpoint> endpoints(const proto::route_response& response);

storage::route_row host_row(route_key key, std::uint32_t ip, std::uint32_t port = 80,
                            std::uint32_t weight = default_weight);

// Memory of this process, in kB: "VmRSS", "VmHWM".
std::size_t memory_kb(const std::string& name);

}  // namespace lars::test
