// What the acceptor does when the operating system or a caller fails.
#include "agent/callers/caller_acceptor.hpp"

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

#include "balance/table/heap_arena.hpp"
#include "net/fence.hpp"
#include "support/temp_dir.hpp"

namespace lars::caller_acceptor_test {

using namespace lars::agent;
using namespace std::chrono_literals;
using share::attach_kind;
using share::attach_message;
using share::attach_status;

namespace {

constexpr int no_such_file = 1 << 20;  // no open descriptor has this number

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

}  // namespace

TEST_CASE("a directory that is missing is an error; callers are accepted once there is a socket") {
  accepting_agent agent;
  agent.config.run_dir = agent.dir.path() / "missing";
  const auto failed = agent.acceptor.listen();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == errc::io_failed);
  CHECK_FALSE(agent.acceptor.is_reachable());
  // The loop runs without a socket.
  agent.run();
  CHECK(agent.calls.accepts == 0);
  // The directory is there again.
  agent.config.run_dir = agent.dir.path();
  REQUIRE(agent.acceptor.listen());
  CHECK(agent.acceptor.is_reachable());
  client caller(agent.dir);
  CHECK(agent.eventually([&] { return agent.acceptor.callers().size() == 1; }));
}

TEST_CASE("an unknown group is an error") {
  accepting_agent agent;
  agent.config.group = "no-such-group-of-callers";
  CHECK(agent.acceptor.listen().error().code == errc::invalid_argument);
}

TEST_CASE("while no descriptor is free, callers wait; then they are accepted") {
  const auto why = GENERATE(EMFILE, ENFILE, ENOBUFS, ENOMEM);
  accepting_agent agent;
  agent.start();
  agent.calls.accept_errors = {why, why};
  // The connection waits, and the loop pauses.
  client caller(agent.dir);
  agent.settle();
  CHECK(agent.calls.accepts == 1);
  CHECK(agent.acceptor.callers().empty());
  // After two pauses there are descriptors again.
  CHECK(agent.eventually([&] { return agent.acceptor.callers().size() == 1; }));
  CHECK(agent.calls.accepts >= 3);
}

TEST_CASE("a connection that ended while it waited does not delay the others") {
  const auto why = GENERATE(ECONNABORTED, EINTR, EAGAIN);
  accepting_agent agent;
  agent.start();
  agent.calls.accept_errors = {why};
  const auto caller = agent.connect();
  CHECK(agent.acceptor.callers().size() == 1);
}

TEST_CASE("a process that has ended is not served, and its connection is closed") {
  accepting_agent agent;
  agent.calls.identity = {true, 7};
  agent.start();
  auto caller = agent.connect();
  CHECK(agent.acceptor.callers().empty());
  CHECK(caller.receive() == share::received::closed);
}

TEST_CASE("processes that cannot be identified are served, each with an account of its own") {
  accepting_agent agent;
  agent.calls.identity = {false, 0};
  agent.start();
  const auto one = agent.attach();
  const auto other = agent.attach();
  CHECK(agent.stats.attached == 2);
  std::vector<std::uint64_t> accounts;
  for (const auto& caller : agent.acceptor.callers()) {
    CHECK(caller->account().connections() == 1);
    CHECK_FALSE(caller->process().is_open());
    accounts.push_back(caller->account().id());
  }
  REQUIRE(accounts.size() == 2);
  CHECK(accounts[0] != accounts[1]);
}

TEST_CASE(
    "a connection that cannot be watched is closed; it neither ends the loop nor stays in its process's account") {
  accepting_agent agent;
  agent.calls.identity = {false, 7};
  agent.start();
  agent.calls.unwatchable = true;
  auto caller = agent.connect();
  CHECK(agent.acceptor.callers().empty());
  CHECK(caller.receive() == share::received::closed);
  // The next one is served.
  agent.calls.unwatchable = false;
  const auto next = agent.attach();
  REQUIRE(agent.acceptor.callers().size() == 1);
  CHECK((*agent.acceptor.callers().begin())->account().connections() == 1);
}

TEST_CASE("callers beyond the limit get an answer with the reason, those far beyond it none") {
  constexpr std::size_t most_callers = 1;
  constexpr std::size_t answered = 64;  // beyond the limit
  accepting_agent agent(most_callers);
  agent.calls.identity = {false, 0};
  agent.start();
  const auto accepted = agent.attach();
  // Beyond the limit.
  std::vector<client> refused;
  for (std::size_t i = 0; i < answered; ++i) refused.push_back(agent.connect());
  CHECK(agent.acceptor.callers().size() == most_callers + answered);
  // Far beyond it.
  auto ignored = agent.connect();
  CHECK(ignored.receive() == share::received::closed);
  CHECK(agent.stats.refused_full == 1);
  // The answer says why, then the connection is closed and makes room.
  refused.front().send({.kind = attach_kind::hello});
  agent.settle();
  REQUIRE(refused.front().receive() == share::received::message);
  CHECK(refused.front().answer.status == attach_status::full);
  CHECK(refused.front().receive() == share::received::closed);
  CHECK(agent.stats.refused_full == 2);
  CHECK(agent.acceptor.callers().size() == answered);
  CHECK(agent.stats.callers == 1);
}

TEST_CASE("a process with far too many connections gets no answer, and others are served") {
  constexpr std::size_t answered = 16;  // beyond the limit
  accepting_agent agent;
  agent.config.max_callers = 100;
  agent.calls.identity = {false, 7};
  agent.start();
  std::vector<client> connections;
  for (std::size_t i = 0; i < caller_limits::least_connections + answered; ++i) connections.push_back(agent.connect());
  auto ignored = agent.connect();
  CHECK(ignored.receive() == share::received::closed);
  CHECK(agent.stats.refused_process == 1);
  CHECK(agent.acceptor.callers().size() == connections.size());
  // Another process.
  agent.calls.identity = {false, 8};
  const auto other = agent.attach();
  CHECK(agent.stats.callers == 1);
}

TEST_CASE("a first message that is no hello ends the connection without an answer") {
  const auto kind = GENERATE(attach_kind::more, attach_kind::want, attach_kind::bring, attach_kind::welcome);
  accepting_agent agent;
  agent.start();
  auto caller = agent.connect();
  caller.send({.kind = kind});
  agent.settle();
  CHECK(caller.receive() == share::received::closed);
  CHECK(agent.acceptor.callers().empty());
  // It is no message of ours, but no corrupt one either.
  CHECK(agent.stats.dropped == 0);
}

TEST_CASE("bytes that are no message drop the caller") {
  accepting_agent agent;
  agent.start();
  auto caller = agent.connect();
  SECTION("a message without the magic number") { caller.send({.magic = 1}); }
  SECTION("a part of a message") { REQUIRE(::write(caller.socket.get(), "hello", 5) == 5); }
  agent.settle();
  CHECK(caller.receive() == share::received::closed);
  CHECK(agent.stats.dropped == 1);
  CHECK(agent.acceptor.callers().empty());
}

TEST_CASE("a library with another layout is told so") {
  accepting_agent agent;
  agent.start();
  auto caller = agent.connect();
  caller.send({.kind = attach_kind::hello, .layout = balance::layout_version + 1});
  agent.settle();
  REQUIRE(caller.receive() == share::received::message);
  CHECK(caller.answer.kind == attach_kind::welcome);
  CHECK(caller.answer.status == attach_status::other_layout);
  CHECK(caller.files.empty());
  CHECK(caller.receive() == share::received::closed);
  CHECK(agent.stats.refused_layout == 1);
}

TEST_CASE("counters that a hello brings and no agent made are refused") {
  accepting_agent agent;
  agent.start();
  const auto made = share::make_segment(share::first_segment).value();
  auto caller = agent.connect();
  SECTION("a file without its checkpoint") { caller.send({.kind = attach_kind::hello}, {made.counters.get()}); }
  SECTION("files in the wrong order") {
    caller.send({.kind = attach_kind::hello}, {made.checkpoint.get(), made.counters.get()});
  }
  SECTION("files that are no memory") {
    caller.send({.kind = attach_kind::hello}, {caller.socket.get(), caller.socket.get()});
  }
  agent.settle();
  REQUIRE(caller.receive() == share::received::message);
  CHECK(caller.answer.status == attach_status::refused);
  CHECK(caller.receive() == share::received::closed);
  CHECK(agent.stats.attached == 0);
}

TEST_CASE("a caller is attached once") {
  accepting_agent agent;
  agent.start();
  auto caller = agent.attach();
  caller.send({.kind = attach_kind::hello});
  agent.settle();
  CHECK(caller.receive() == share::received::closed);
  CHECK(agent.stats.attached == 1);
  CHECK(agent.stats.callers == 0);
}

TEST_CASE("a caller that the welcome cannot be sent to is not attached") {
  accepting_agent agent;
  agent.start();
  auto caller = agent.connect();
  agent.calls.send_fails = true;
  caller.send({.kind = attach_kind::hello});
  agent.settle();
  CHECK(caller.receive() == share::received::closed);
  CHECK(agent.stats.attached == 0);
  CHECK(agent.stats.callers == 0);
  CHECK(agent.acceptor.callers().empty());
  // It may try again.
  agent.calls.send_fails = false;
  const auto next = agent.attach();
  CHECK(agent.stats.callers == 1);
}

TEST_CASE("a caller that an answer cannot be sent to is disconnected, and its memory is accounted for") {
  const auto kind = GENERATE(attach_kind::more, attach_kind::want, attach_kind::bring);
  accepting_agent agent;
  agent.calls.identity = {false, 7};
  agent.start();
  auto caller = agent.attach();
  const auto made = share::make_segment(share::first_own_segment).value();
  agent.calls.send_fails = true;
  std::vector<int> brought;
  if (kind == attach_kind::bring) brought = {made.counters.get()};
  caller.send({.kind = kind, .bytes = 4096}, brought);
  auto& account = (*agent.acceptor.callers().begin())->account();
  agent.settle();
  CHECK(caller.receive() == share::received::closed);
  CHECK(agent.stats.callers == 0);
  CHECK(agent.stats.caller_bytes == 0);
  CHECK(account.connections() == 0);
  // The process may still hold what it was given.
  CHECK(account.left_memory(base::clock::now()) >= share::allocated_bytes(share::first_segment));
}

TEST_CASE("an exception while a caller is served ends that caller alone") {
  accepting_agent agent;
  agent.start();
  auto caller = agent.attach();
  auto other = agent.attach();
  agent.on_request = [](route_key) -> attach_status { throw std::runtime_error("no memory"); };
  const auto before = net::exception_count();
  caller.send({.kind = attach_kind::want, .modid = 1, .cmdid = 1});
  agent.settle();
  CHECK(net::exception_count() == before + 1);
  CHECK(caller.receive() == share::received::closed);
  CHECK(agent.stats.callers == 1);
  // The other one is answered.
  agent.on_request = [](route_key) { return attach_status::absent; };
  other.send({.kind = attach_kind::want, .ticket = 5, .modid = 1, .cmdid = 1});
  agent.settle();
  REQUIRE(other.receive() == share::received::message);
  CHECK(other.answer.status == attach_status::absent);
  CHECK(other.answer.ticket == 5);
}

TEST_CASE("a caller whose counters are corrupt is dropped") {
  accepting_agent agent;
  agent.start();
  auto caller = agent.attach();
  REQUIRE(caller.files.size() == 3);  // the routes, its counters and their checkpoint
  auto pages = share::mapping::of(caller.files[1].get(), share::first_segment, share::mapping::access::write).value();
  reinterpret_cast<share::segment_header*>(pages.data())->used = share::first_segment + 1;
  // A tick scans it, then ends the connection as shared_memory_server does.
  const auto& served = *agent.acceptor.callers().begin();
  CHECK_FALSE(agent.collector.scan(*served, true, base::clock::now()));
  served->socket().cancel();
  agent.settle();
  CHECK(caller.receive() == share::received::closed);
  CHECK(agent.stats.dropped == 1);
}

TEST_CASE("a connection that stays silent is ended after the deadline, an attached caller is not") {
  constexpr auto deadline = 5s;
  accepting_agent agent;
  agent.start();
  auto silent = agent.connect();
  auto attached = agent.attach();
  // At the deadline.
  for (const auto& caller : agent.acceptor.callers())
    caller_acceptor::end_if_silent(*caller, caller->since() + deadline);
  agent.settle();
  CHECK(agent.acceptor.callers().size() == 2);
  // Past it.
  for (const auto& caller : agent.acceptor.callers())
    caller_acceptor::end_if_silent(*caller, caller->since() + deadline + 1ms);
  agent.settle();
  CHECK(silent.receive() == share::received::closed);
  CHECK(attached.receive() == share::received::nothing);
  CHECK(agent.acceptor.callers().size() == 1);
}

TEST_CASE("a caller that disconnects is forgotten") {
  accepting_agent agent;
  agent.start();
  {
    const auto caller = agent.attach();
    CHECK(agent.stats.callers == 1);
  }
  agent.settle();
  CHECK(agent.acceptor.callers().empty());
  CHECK(agent.stats.callers == 0);
  CHECK(agent.stats.dropped == 0);
}

TEST_CASE("at the end all connections are closed and no new one is accepted") {
  accepting_agent agent;
  agent.start();
  auto caller = agent.attach();
  agent.acceptor.stop();
  agent.acceptor.close_all();
  agent.settle();
  CHECK(caller.receive() == share::received::closed);
  const auto accepts = agent.calls.accepts;
  const client late(agent.dir);
  agent.settle();
  CHECK(agent.calls.accepts == accepts);
}

}  // namespace lars::caller_acceptor_test
