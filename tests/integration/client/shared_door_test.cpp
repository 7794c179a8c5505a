// A process's door to shared memory, against an agent that does what the test says.
#include "client/shared_door.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <thread>

#include "balance/heap_arena.hpp"
#include "balance/module_hosts.hpp"
#include "client/caller.hpp"
#include "client/thread_door.hpp"
#include "share/caller_counters.hpp"
#include "share/routes_memory.hpp"
#include "support/temp_dir.hpp"

using namespace lars;
using namespace lars::client;
using namespace std::chrono_literals;

namespace {

template <class F>
bool within(std::chrono::milliseconds deadline, F holds) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

// Listens, hears one hello at a time, and answers as it is told.
class acted_agent {
public:
  explicit acted_agent(const test::temp_dir& directory) : listening_(*share::listen_at(directory.path().string(), "")) {
    routes = *share::routes_memory::create(1 << 20, 1, {});
    beat();
  }
  void beat() { routes->beat(base::monotonic_ns()); }

  // The hello that waits; nothing where there is none. `brought` = the files that came with it.
  bool hear(std::chrono::milliseconds patience = 0ms) {
    return within(patience, [this] {
      share::descriptor one(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (one) {
        caller = std::move(one);
        brought.clear();
      }
      share::attach_message hello;
      return caller && share::receive_message(caller.get(), hello, brought) == share::received::message;
    });
  }
  void answer(share::attach_status status) {
    share::send_message(caller.get(), {.kind = share::attach_kind::welcome, .status = status});
  }
  void take_in() {
    std::vector<int> give{routes->file()};
    auto made = share::make_segment(share::first_segment);
    if (brought.empty()) give.insert(give.end(), {made->counters.get(), made->ledger.get()});
    share::send_message(caller.get(), {.kind = share::attach_kind::welcome}, give);
    handed = *std::move(made);
  }
  // True once the caller's end is gone.
  bool is_left() {
    share::attach_message heard;
    std::vector<share::descriptor> files;
    return share::receive_message(caller.get(), heard, files) == share::received::closed;
  }

  std::unique_ptr<share::routes_memory> routes;
  share::descriptor caller;
  std::vector<share::descriptor> brought;
  share::segment_files handed;  // counters that it made for a caller without any

private:
  share::descriptor listening_;
};

struct door_and_agent {
  door_and_agent() { agent.emplace(directory); }
  bool greets() {
    return within(3000ms, [&] {
      door.mend();
      return agent->hear();
    });
  }
  bool attaches() {
    const auto before = door.generation();
    return within(3000ms, [&] {
      door.mend();
      if (agent->hear()) agent->take_in();
      return door.generation() != before && !door.is_apart();
    });
  }
  void next_agent() {
    agent.reset();
    agent.emplace(directory);
  }

  test::temp_dir directory;
  std::optional<acted_agent> agent;
  shared_door door{directory.path().string()};
};

}  // namespace

TEST_CASE("a door meets its agent and the next one, to which it hands its counters back") {
  door_and_agent at;
  REQUIRE(at.attaches());
  CHECK(at.agent->brought.empty());
  CHECK(at.door.current() != nullptr);
  REQUIRE(at.door.add_block(share::block_kind::lane, {1, 1}, 4, 512, {}));
  at.next_agent();
  REQUIRE(at.attaches());
  CHECK(at.agent->brought.size() == 2);
}

TEST_CASE("a door whose counters an agent refuses comes back with none, and is taken in") {
  door_and_agent at;
  REQUIRE(at.attaches());
  const auto counters = at.door.current()->counters;
  at.next_agent();
  REQUIRE(at.greets());
  REQUIRE(at.agent->brought.size() == 2);
  at.agent->answer(share::attach_status::refused);
  REQUIRE(at.greets());
  CHECK(at.agent->brought.empty());
  at.agent->take_in();
  REQUIRE(within(1000ms, [&] {
    at.door.mend();
    return !at.door.is_apart();
  }));
  CHECK(at.door.current()->counters != counters);
  CHECK(at.door.add_block(share::block_kind::lane, {1, 1}, 4, 512, {}));
}

TEST_CASE("an agent that is there and takes nobody in is not picked past") {
  // What a dead agent left is picked from while there is none; one that says no is to be asked over UDP.
  const auto said = GENERATE(share::attach_status::other_layout, share::attach_status::full);
  door_and_agent at;
  REQUIRE(at.attaches());
  at.next_agent();
  REQUIRE(at.greets());
  CHECK(at.door.current() != nullptr);
  at.agent->answer(said);
  CHECK(within(1000ms, [&] {
    at.door.mend();
    return at.door.current() == nullptr;
  }));
  CHECK(at.door.refusal() == said);
  // And back when the right one comes.
  at.next_agent();
  CHECK(at.attaches());
  CHECK(at.agent->brought.size() == 2);
}

TEST_CASE("memory of another layout is not picked from, nor what was there before") {
  door_and_agent at;
  REQUIRE(at.attaches());
  at.next_agent();
  at.agent->routes->at<share::routes_header>(0)->layout.store(balance::layout_version + 1);
  REQUIRE(at.greets());
  at.agent->take_in();
  CHECK(within(1000ms, [&] {
    at.door.mend();
    return at.door.current() == nullptr;
  }));
  CHECK(at.door.refusal() == share::attach_status::other_layout);
  at.next_agent();
  CHECK(at.attaches());
  CHECK(at.door.refusal() == share::attach_status::ok);
}

TEST_CASE("an agent that says nothing at all is left alone after a while, and met again") {
  door_and_agent at;
  REQUIRE(at.greets());
  CHECK(within(3000ms, [&] {
    at.door.mend();
    return at.agent->is_left();
  }));
  CHECK(at.attaches());
}

TEST_CASE("files that are no counters are not written to") {
  door_and_agent at;
  REQUIRE(at.greets());
  const auto small = share::make_memory_file("test");
  const int give[] = {at.agent->routes->file(), small->get(), small->get()};
  share::send_message(at.agent->caller.get(), {.kind = share::attach_kind::welcome}, give);
  CHECK(within(1000ms, [&] {
    at.door.mend();
    return at.agent->is_left();
  }));
  CHECK(at.door.is_apart());
  CHECK_FALSE(at.door.add_block(share::block_kind::lane, {1, 1}, 4, 512, {}));
}

TEST_CASE("a call ends at its own host, though its counters there went to another host meanwhile") {
  constexpr route_key key{1, 1};
  door_and_agent at;
  REQUIRE(at.attaches());
  auto& routes = *at.agent->routes;
  const balance::health_config health;
  balance::heap_arena spare;
  balance::module_hosts hosts(health, key, routes, spare);
  hosts.apply(std::vector<host>{{{1, 80}}, {{2, 80}}, {{3, 80}}, {{4, 80}}}, {});
  REQUIRE(routes.add(key, hosts.position()));
  thread_door one(at.door);
  REQUIRE(one.is_open());
  const auto pick = [&](std::uint32_t ip) {
    pick_request wanted;
    wanted.module = key;
    std::vector<endpoint> rest;
    for (std::uint32_t i = 1; i <= 5; ++i)
      if (i != ip) rest.push_back({i, 80});
    wanted.exclude = rest;
    call made;
    made.module = key;
    REQUIRE(one.pick(wanted, made) == thread_door::outcome::picked);
    REQUIRE(made.where.ip == ip);
    return made;
  };
  const auto own = pick(1);
  // Another thread's call to that host ends in these counters: as far as they tell nothing is under way there now.
  one.finish(own, false, false);
  for (const std::uint32_t ip : {2u, 3u, 4u}) one.finish(pick(ip), true, false);
  hosts.apply(std::vector<host>{{{2, 80}}, {{3, 80}}, {{4, 80}}, {{5, 80}}}, {});
  for (int i = 0; i < 120; ++i) routes.next_epoch();
  one.finish(pick(5), true, false);
  one.finish(own, true, true);
  share::caller_counters counters;
  REQUIRE(counters.add(at.agent->handed, share::first_segment));
  std::map<std::uint32_t, std::uint64_t> failures;
  counters.look_at_all(
      [&](const share::counted_calls& calls, std::uint32_t&) { failures[calls.where.ip] += calls.failures; });
  CHECK(failures[5] == 0);
  CHECK(failures[1] == 1);
}

TEST_CASE("a client that is closed is gone for its agent although a child of its process holds the socket") {
  test::temp_dir directory;
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
  CHECK(within(1000ms, [&] { return agent.is_left(); }));
  ::close(hold[1]);
  ::close(hold[0]);
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("a child that closes the client it was born with takes nothing from its parent") {
  test::temp_dir directory;
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
  CHECK(within(1000ms, [&] { return agent.is_left(); }));
}
