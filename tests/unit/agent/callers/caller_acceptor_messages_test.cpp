// What the acceptor does with what callers send, and how they end.
#include "acceptor_fixture.hpp"

namespace lars::caller_acceptor_messages_test {

using namespace acceptor_fixture;

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
  caller.send({.kind = attach_kind::hello, .layout = (balance::layout_major + 1) << 16});
  agent.settle();
  REQUIRE(caller.receive() == share::received::message);
  CHECK(caller.answer.kind == attach_kind::welcome);
  CHECK(caller.answer.status == attach_status::other_layout);
  CHECK(caller.files.empty());
  CHECK(caller.receive() == share::received::closed);
  CHECK(agent.stats.refused_layout == 1);
}

TEST_CASE("a library with another minor of the layout is served") {
  accepting_agent agent;
  agent.start();
  auto caller = agent.connect();
  caller.send({.kind = attach_kind::hello, .layout = balance::layout_version + 1});
  agent.settle();
  REQUIRE(caller.receive() == share::received::message);
  CHECK(caller.answer.status == attach_status::ok);
  CHECK(agent.stats.refused_layout == 0);
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

}  // namespace lars::caller_acceptor_messages_test
