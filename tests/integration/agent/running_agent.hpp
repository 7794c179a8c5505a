// An agent role that runs for one test, its directory, and a caller at its transport.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/role.hpp"
#include "support/eventually.hpp"
#include "wire/messages.hpp"

namespace lars::test {

// A directory that is removed after the test.
class scratch_directory {
public:
  scratch_directory();
  ~scratch_directory();
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

// Sends requests over its own UDP socket, one at a time.
class caller {
public:
  explicit caller(std::uint32_t port);
  ~caller();
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;

  void send(std::string_view datagram);
  // Empty when nothing comes in time.
  std::string receive(std::chrono::milliseconds deadline = std::chrono::milliseconds(2000));

  std::optional<wire::get_host_response> get_host(route_key key);
  void report(route_key key, endpoint where, std::int32_t code);
  std::vector<endpoint> get_route(route_key key);

private:
  int socket_;
  std::uint32_t seq_ = 0;
  std::vector<char> room_ = std::vector<char>(65536);
};

// Hosts are picked in turn, so that a test knows the next one.
agent::agent_config in_turn();

class running_agent {
public:
  // Listens and starts; throws what listen() says otherwise.
  running_agent(const std::filesystem::path& directory, std::vector<endpoint> dns,
                agent::agent_config config = in_turn());
  ~running_agent() { stop(); }

  void stop();
  std::uint32_t port() const { return port_; }
  // The value of a line of its metrics, name and labels as they are written there; -1 where there is none.
  double metric(std::string_view name) const;
  caller ask(std::uint32_t offset = 0) const { return caller(port_ + offset); }

private:
  net::io_pool pool_{1};
  std::unique_ptr<agent::role> role_;
  std::uint32_t port_ = 0;
};

// Sends requests until the module's hosts are known.
bool has_hosts(caller& asking, route_key key, base::duration deadline = std::chrono::seconds(30));

// "0807 1001" → the bytes.
std::string from_hex(std::string_view text);

}  // namespace lars::test
