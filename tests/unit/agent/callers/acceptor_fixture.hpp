// An agent's caller acceptor over real Unix sockets, on an operating system some of whose calls fail.
#pragma once

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "agent/callers/caller_acceptor.hpp"
#include "balance/table/heap_arena.hpp"
#include "net/fence.hpp"
#include "support/temp_dir.hpp"

namespace lars::acceptor_fixture {

using namespace agent;
using namespace std::chrono_literals;
using share::attach_kind;
using share::attach_message;
using share::attach_status;

inline constexpr int no_such_file = 1 << 20;  // no open descriptor has this number

// The operating system's calls, some of which fail.
class failing_calls final : public caller_calls {
public:
  share::descriptor accept(int listening) override {
    ++accepts;
    if (!accept_errors.empty()) {
      errno = accept_errors.front();
      accept_errors.pop_front();
      return {};
    }
    auto accepted = caller_calls::accept(listening);
    // A descriptor that the event loop cannot watch.
    return accepted && unwatchable ? share::descriptor(no_such_file) : std::move(accepted);
  }
  peer_process identify(int socket) override {
    peer_process peer;
    if (!identity) return caller_calls::identify(socket);
    peer.gone = identity->gone;
    peer.name = identity->name;
    return peer;
  }
  bool send(int socket, const attach_message& message, std::span<const int> files) override {
    return !send_fails && caller_calls::send(socket, message, files);
  }

  struct known_identity {
    bool gone = false;
    std::uint64_t name = 0;  // 0 = the kernel does not tell
  };

  std::deque<int> accept_errors;  // of the next calls
  bool unwatchable = false;
  std::optional<known_identity> identity;  // nullopt = the operating system's
  bool send_fails = false;
  int accepts = 0;
};

// A process's end of a connection.
struct client {
  explicit client(const test::temp_dir& at) : socket(share::connect_to(at.path().string()).value()) {}

  void send(attach_message message, const std::vector<int>& brought = {}) {
    REQUIRE(share::send_message(socket.get(), message, brought));
  }
  // Reads what the agent sent.
  share::received receive() {
    files.clear();
    return share::receive_message(socket.get(), answer, files);
  }

  share::descriptor socket;
  attach_message answer;
  std::vector<share::descriptor> files;
};

struct accepting_agent {
  explicit accepting_agent(std::size_t max_callers = 4096) {
    config.run_dir = dir.path();
    config.max_callers = max_callers;
  }
  ~accepting_agent() {
    acceptor.stop();
    acceptor.close_all();
    settle();
    CHECK(context.stopped());  // no coroutine is left
  }
  void start() {
    REQUIRE(acceptor.listen());
    run();
  }
  void run() {
    boost::asio::co_spawn(context, acceptor.run(), net::exception_logger("accepting callers"));
    settle();
  }
  // Runs everything that is ready. Returns only if nothing spins.
  void settle() {
    do context.restart();
    while (context.poll() > 0);
  }
  // Waits for an event that a timer of the acceptor brings about.
  template <class Condition>
  bool eventually(Condition condition) {
    const auto until = base::clock::now() + 20s;
    while (!condition() && base::clock::now() < until) {
      context.restart();
      context.run_one_for(100ms);
    }
    return condition();
  }
  client connect() {
    client made(dir);
    settle();
    return made;
  }
  client attach() {
    auto made = connect();
    made.send({.kind = attach_kind::hello});
    settle();
    REQUIRE(made.receive() == share::received::message);
    REQUIRE(made.answer.status == attach_status::ok);
    return made;
  }

  test::temp_dir dir;
  agent_config config;
  boost::asio::io_context context;
  std::unique_ptr<share::routes_memory> routes = share::routes_memory::create(1u << 20, 1, {}).value();
  balance::heap_arena memory{4u << 20};
  service_index modules{memory, memory};
  caller_stats stats;
  caller_limits limits{config, stats};
  counter_collector collector{modules,
                              nullptr,
                              stats,
                              {{[](route_key, std::uint64_t) { return attach_status::absent; }, [] { return true; }},
                               [](route_key) {},
                               [](const std::function<void(const stray_report&)>&) {}}};
  std::function<attach_status(route_key)> on_request = [](route_key) { return attach_status::pulling; };
  failing_calls calls;
  caller_acceptor acceptor{context,
                           config,
                           routes.get(),
                           limits,
                           collector,
                           stats,
                           [this](route_key key, caller_account*) { return on_request(key); },
                           calls};
};

}  // namespace lars::acceptor_fixture
