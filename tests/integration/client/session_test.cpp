// A process's transports, one after the other, against an agent that does what the test says.
#include "client/session.hpp"

#include <atomic>
#include <catch2/catch.hpp>

#include "acted_agent.hpp"
#include "balance/module_state.hpp"
#include "balance/table/heap_arena.hpp"
#include "balance/table/policy_settings.hpp"

namespace lars::session_test {

using namespace lars::client;
using namespace lars::test;

namespace {

constexpr route_key key{1, 1};

// Hears whoever knocks and shares nothing with it, as an agent of another layout does.
class refusing_agent {
public:
  explicit refusing_agent(const temp_dir& directory) : agent_(directory) {
    thread_ = std::thread([this] {
      while (!ended_)
        if (agent_.hear(5ms)) {
          agent_.answer(share::attach_status::other_layout);
          ++refused_;
        }
    });
  }
  ~refusing_agent() {
    ended_ = true;
    thread_.join();
  }
  int refused() const { return refused_; }

private:
  acted_agent agent_;
  std::atomic<bool> ended_{false};
  std::atomic<int> refused_{0};
  std::thread thread_;
};

// A module of four hosts that an agent shares.
struct served_module {
  explicit served_module(acted_agent& agent) {
    hosts.emplace(health, key, *agent.routes, spare);
    hosts->use(balance::policy_settings{});
    std::vector<host> list;
    for (std::uint32_t ip = 1; ip <= 4; ++ip) list.push_back({{ip, 80}});
    hosts->apply(list, {});
    REQUIRE(agent.routes->add(key, hosts->position()));
  }
  const balance::health_config health;
  balance::heap_arena spare;
  std::optional<balance::module_state> hosts;
};

}  // namespace

TEST_CASE(
    "a pick that finds an agent which shares nothing any more is asked over UDP, not made in memory that is gone") {
  const temp_dir directory;
  // Port 1 of a machine's own: nobody listens.
  const caller_config config{directory.path().string(), {0x7f000001, 1}, 300ms};
  std::optional<acted_agent> agent(directory);
  std::optional<session> caller;
  std::thread opens([&] { caller.emplace(config); });
  REQUIRE(agent->hear(3000ms));
  agent->take_in();
  opens.join();
  const served_module served(*agent);
  pick_request request;
  request.module = key;
  call begun;
  REQUIRE_FALSE(caller->pick(request, begun));
  CHECK(begun.by == transport::shared_memory);

  agent.reset();
  const refusing_agent next(directory);
  // The pick that hears of it, and those after it.
  REQUIRE(eventually([&] {
    call made;
    const auto failed = caller->pick(request, made);
    caller->abandon(made);
    return failed && next.refused() > 0;
  }));
  for (int i = 0; i < 3; ++i) {
    call made;
    CHECK(caller->pick(request, made) == errc::connection_refused);
    CHECK(made.by == transport::none);
  }
  CHECK(caller->agent_has_other_layout());
  caller->finish(begun, 0);
  CHECK(begun.by == transport::none);
}

}  // namespace lars::session_test
