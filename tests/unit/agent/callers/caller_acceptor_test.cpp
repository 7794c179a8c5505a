// How callers come and are refused: what the acceptor does when the operating system fails or has no room.
#include "acceptor_fixture.hpp"

namespace lars::caller_acceptor_test {

using namespace acceptor_fixture;

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

}  // namespace lars::caller_acceptor_test
