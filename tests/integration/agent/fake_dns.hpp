// A dns of plain sockets and threads, so that the agent's link is tested against code that shares only the messages
// with it. It can be an old one, fall silent, die and come back.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <lars/types.hpp>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "proto/codec.hpp"

namespace lars::test {

enum class generation {
  old,     // as the programs in the field: no Pong, no digest, plain answers
  modern,  // ours
};

class fake_dns {
public:
  // Port 0 takes a free one. Listens at once.
  explicit fake_dns(generation kind = generation::modern, std::uint32_t port = 0);
  ~fake_dns() { die(); }

  endpoint where() const { return {0x7f000001, port_}; }

  // What it answers; `push` also sends it to everyone who is connected.
  void set(route_key key, std::vector<endpoint> hosts);
  void push(route_key key, std::vector<endpoint> hosts);

  // A dns that started while no row of the module named a host: whatever an agent holds of it stays.
  void know_nothing_of(route_key key);

  // Settings of a module, part of its digest; `push` as above sends them.
  void set_settings(route_key key, base::module_settings settings);

  // Sends raw bytes to everyone who is connected.
  void send_everyone(const std::string& bytes);

  // Reads nothing and answers nothing, like a stopped process, until told otherwise.
  void fall_silent(bool silent) { silent_ = silent; }

  // What its pongs tell: how long ago it looked at its database, and whether it has lost it. Until then it says that it
  // is well, and no age.
  void stand(std::chrono::milliseconds age, proto::server_state state = proto::server_state::well);

  // Closes everything, as a killed process does; rise() listens on the same port again.
  void die();
  void rise();

  std::vector<proto::route_request> requests() const;
  std::size_t requests_for(route_key key) const;
  int connections() const { return connections_; }  // ever

private:
  struct peer {
    int socket = -1;
    std::thread thread;
  };
  void run_accept();
  void run_peer(int socket);
  std::string answer(const proto::frame& frame);
  std::string encode(route_key key, std::uint64_t known_digest) const;

  const generation kind_;
  std::uint32_t port_;
  int listener_ = -1;
  std::thread acceptor_;
  std::atomic<bool> dead_{false};
  std::atomic<bool> silent_{false};
  std::atomic<int> connections_{0};

  mutable std::mutex lock_;  // guards what follows
  std::list<peer> peers_;
  std::map<route_key, std::vector<endpoint>> routes_;
  std::set<route_key> unusable_;
  std::map<route_key, base::module_settings> settings_;
  std::vector<proto::route_request> requests_;
  std::optional<std::chrono::milliseconds> age_;
  proto::server_state state_ = proto::server_state::well;
};

// The digest that a modern fake sends for these hosts; never 0.
std::uint64_t fake_digest(const std::vector<endpoint>& hosts);

}  // namespace lars::test
