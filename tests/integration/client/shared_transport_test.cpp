// A process's transport to shared memory, against an agent that does what the test says.
#include "client/shared_transport.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "acted_agent.hpp"
#include "client/caller.hpp"

namespace lars::shared_transport_test {

using namespace lars::client;
using namespace lars::test;
using namespace std::chrono_literals;

TEST_CASE("a transport meets its agent and the next one, to which it hands its counters back") {
  transport_and_agent at;
  REQUIRE(at.attaches());
  CHECK(at.agent->brought.empty());
  CHECK(at.transport.current() != nullptr);
  REQUIRE(at.transport.add_block(share::block_kind::counters, {1, 1}, 4, 512, {}));
  at.next_agent();
  REQUIRE(at.attaches());
  CHECK(at.agent->brought.size() == 2);
}

TEST_CASE("a transport whose counters an agent refuses comes back with none, and is taken in") {
  transport_and_agent at;
  REQUIRE(at.attaches());
  const auto counters = at.transport.current()->counters;
  at.next_agent();
  REQUIRE(at.greets());
  REQUIRE(at.agent->brought.size() == 2);
  at.agent->answer(share::attach_status::refused);
  REQUIRE(at.greets());
  CHECK(at.agent->brought.empty());
  at.agent->take_in();
  REQUIRE(eventually([&] {
    at.transport.repair();
    return !at.transport.needs_repair();
  }));
  CHECK(at.transport.current()->counters != counters);
  CHECK(at.transport.add_block(share::block_kind::counters, {1, 1}, 4, 512, {}));
}

TEST_CASE("an agent that is there and takes nobody in is not picked past") {
  // What a dead agent left is picked from while there is none; one that says no is to be asked over UDP.
  const auto said = GENERATE(share::attach_status::other_layout, share::attach_status::full);
  transport_and_agent at;
  REQUIRE(at.attaches());
  at.next_agent();
  REQUIRE(at.greets());
  CHECK(at.transport.current() != nullptr);
  at.agent->answer(said);
  CHECK(eventually([&] {
    at.transport.repair();
    return at.transport.current() == nullptr;
  }));
  CHECK(at.transport.refusal() == said);
  // And back when the right one comes.
  at.next_agent();
  CHECK(at.attaches());
  CHECK(at.agent->brought.size() == 2);
}

TEST_CASE("memory of another layout is not picked from, nor what was there before") {
  transport_and_agent at;
  REQUIRE(at.attaches());
  at.next_agent();
  at.agent->routes->at<share::routes_header>(0)->layout.store((balance::layout_major + 1) << 16);
  REQUIRE(at.greets());
  at.agent->take_in();
  CHECK(eventually([&] {
    at.transport.repair();
    return at.transport.current() == nullptr;
  }));
  CHECK(at.transport.refusal() == share::attach_status::other_layout);
  at.next_agent();
  CHECK(at.attaches());
  CHECK(at.transport.refusal() == share::attach_status::ok);
}

TEST_CASE("an agent that says nothing at all is left alone after a while, and met again") {
  transport_and_agent at;
  REQUIRE(at.greets());
  CHECK(eventually([&] {
    at.transport.repair();
    return at.agent->is_left();
  }));
  CHECK(at.attaches());
}

TEST_CASE("files that are no counters are not written to") {
  transport_and_agent at;
  REQUIRE(at.greets());
  const auto small = share::make_memory_file("test");
  const int give[] = {at.agent->routes->file(), small->get(), small->get()};
  share::send_message(at.agent->caller.get(), {.kind = share::attach_kind::welcome}, give);
  CHECK(eventually([&] {
    at.transport.repair();
    return at.agent->is_left();
  }));
  CHECK(at.transport.needs_repair());
  // What is counted lies in memory of this process's own.
  CHECK(at.transport.add_block(share::block_kind::counters, {1, 1}, 4, 512, {}));
  struct stat about {};
  REQUIRE(::fstat(small->get(), &about) == 0);
  CHECK(about.st_size == 0);
}

namespace {

// Blocks of 64 KiB until there is no room for more; how many bytes that was.
std::uint64_t fill(shared_transport& transport) {
  std::uint64_t bytes = 0;
  while (transport.add_block(share::block_kind::counters, {1, 1}, 4, 65536, {})) bytes += 65536;
  return bytes;
}

bool is_left_alone(transport_and_agent& at) {
  return eventually([&] {
    at.transport.repair();
    return !at.agent || at.agent->is_left();
  });
}

}  // namespace

TEST_CASE("without an agent there is room of this process's own, bounded, which the next agent adopts") {
  transport_and_agent at;
  REQUIRE(at.attaches());
  at.agent.reset();
  REQUIRE(is_left_alone(at));
  const auto bytes = fill(at.transport);
  CHECK(bytes > share::most_own_bytes / 2);
  CHECK(bytes <= share::most_own_bytes);
  at.next_agent();
  REQUIRE(at.attaches());
  CHECK(at.agent->brought.size() == 2);
  CHECK(at.transport.needs_repair());
  REQUIRE(eventually([&] {
    at.transport.repair();
    return at.agent->adopt();
  }));
  CHECK(at.agent->adopted.size() > 1);
  CHECK(eventually([&] {
    at.transport.repair();
    return !at.transport.needs_repair();
  }));
  // From then on it is like any other, and has checkpoints.
  const auto files = at.agent->brought.size() + 2 * at.agent->adopted.size();
  at.next_agent();
  REQUIRE(at.attaches());
  CHECK(at.agent->brought.size() == files);
  CHECK_FALSE(at.agent->adopt());
}

TEST_CASE("where an agent has no room for them, calls are counted anew") {
  transport_and_agent at;
  REQUIRE(at.attaches());
  at.agent.reset();
  REQUIRE(is_left_alone(at));
  REQUIRE(fill(at.transport) > 0);
  at.next_agent();
  REQUIRE(at.attaches());
  const auto counters = at.transport.current()->counters;
  REQUIRE(eventually([&] {
    at.transport.repair();
    return at.agent->adopt(share::attach_status::full);
  }));
  REQUIRE(at.greets());
  CHECK(at.agent->brought.size() == 2);
  at.agent->take_in();
  CHECK(eventually([&] {
    at.transport.repair();
    return at.transport.current()->counters != counters;
  }));
}

TEST_CASE("an agent that does not answer for room holds nobody up, and its late answer is used") {
  transport_and_agent at;
  REQUIRE(at.attaches());
  const auto ask = [&] {
    return at.transport.add_block(share::block_kind::counters, {1, 1}, 4, 65536, base::clock::now() + 5s);
  };
  at.agent->beat();
  const auto began = base::clock::now();
  REQUIRE(ask());
  CHECK(base::clock::now() - began < 200ms);
  share::attach_message heard;
  std::vector<share::descriptor> none;
  REQUIRE(share::receive_message(at.agent->caller.get(), heard, none) == share::received::message);
  REQUIRE(heard.kind == share::attach_kind::more);
  auto late = *share::make_segment(256 << 10);
  const int give[] = {late.counters.get(), late.checkpoint.get()};
  share::send_message(at.agent->caller.get(),
                      {.kind = share::attach_kind::room, .ticket = heard.ticket, .bytes = 256 << 10}, give);
  // What was made meanwhile is brought to it once it has spoken.
  CHECK(eventually([&] {
    at.agent->beat();
    at.transport.repair();
    return at.agent->adopt();
  }));
  CHECK_FALSE(at.agent->is_left());
}

TEST_CASE("a client that is closed is gone for its agent although a child of its process holds the socket") {
  temp_dir directory;
  acted_agent agent(directory);
  std::optional<caller> own;
  std::thread opening([&] { own.emplace(caller_config{directory.path().string(), {0x7f000001, 9}, 100ms}); });
  REQUIRE(agent.hear(2000ms));
  agent.take_in();
  opening.join();
  int hold[2] = {};
  REQUIRE(::pipe(hold) == 0);
  const auto child = ::fork();
  if (child == 0) {
    ::close(hold[1]);
    char byte = 0;
    (void)!::read(hold[0], &byte, 1);
    ::_exit(0);
  }
  own.reset();
  CHECK(eventually([&] { return agent.is_left(); }));
  ::close(hold[1]);
  ::close(hold[0]);
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("a child that closes the client it was born with takes nothing from its parent") {
  temp_dir directory;
  acted_agent agent(directory);
  auto* own = static_cast<caller*>(nullptr);
  std::thread opening([&] { own = new caller({directory.path().string(), {0x7f000001, 9}, 100ms}); });
  REQUIRE(agent.hear(2000ms));
  agent.take_in();
  opening.join();
  const auto child = ::fork();
  if (child == 0) {
    delete own;
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  std::this_thread::sleep_for(20ms);
  CHECK_FALSE(agent.is_left());
  delete own;
  CHECK(eventually([&] { return agent.is_left(); }));
}

}  // namespace lars::shared_transport_test
