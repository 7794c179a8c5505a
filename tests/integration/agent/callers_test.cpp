// Callers as the agent sees them, played message by message.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "client/caller.hpp"
#include "fake_dns.hpp"
#include "running_agent.hpp"
#include "share/attach.hpp"
#include "share/segment.hpp"
#include "share/thread_counters.hpp"

namespace lars::callers_test {

using namespace lars::test;
using namespace std::chrono_literals;

namespace {

const route_key one_one{1, 1};
const balance::member first{{0x0a000001, 80}, 0, 1};

share::descriptor again(const share::descriptor& file) { return share::descriptor(::dup(file.get())); }

std::string released_in_flight() { return "lars_agent_lane_calls_total{result=\"given_back\"}"; }

// A caller with one thread, and its connection.
struct played_caller {
  explicit played_caller(const scratch_directory& state) : directory(state.path().string()) { connect({}); }

  void connect(const std::vector<int>& brings) {
    socket = *share::connect_to(directory);
    REQUIRE(share::send_message(socket.get(), {}, brings));
    share::attach_message welcome;
    REQUIRE(
        eventually([&] { return share::receive_message(socket.get(), welcome, files) == share::received::message; }));
    REQUIRE(welcome.status == share::attach_status::ok);
  }
  void count_picks(int picks) {
    if (!counters) {
      own.emplace(*share::segment::open(again(files[1]), again(files[2]), share::first_segment));
      auto* const block = own->add_block(share::block_kind::counters, balance::join(1, 1), 4, share::slots_bytes(4));
      counters.emplace(one_one, *block, own->number(), own->position_of(*block), dirty_ring);
    }
    for (int i = 0; i < picks; ++i) counters->count_pick(counters->index_of(first), 1, {1, 1});
  }

  std::string directory;
  share::descriptor socket;
  std::vector<share::descriptor> files;
  std::optional<share::segment> own;
  std::optional<share::thread_counters> counters;
  share::dirty_ring_writer dirty_ring;
};

}  // namespace

TEST_CASE("a caller that reconnects is counted once, and its calls stay in flight") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first.where});
  running_agent agent(state.path(), {dns.where()});
  auto asking = agent.ask();
  REQUIRE(has_hosts(asking, one_one));
  played_caller caller(state);
  caller.count_picks(5);
  // Found by the sweep where no entry told of it; at the latest when the caller is back.
  auto before = std::move(caller.socket);
  caller.connect({caller.files[1].get(), caller.files[2].get()});
  CHECK(eventually([&] { return agent.metric("lars_agent_lane_picks_total") == 5; }));
  CHECK(eventually([&] { return agent.metric("lars_agent_callers") == 1; }));
  before.reset();
  std::this_thread::sleep_for(50ms);
  CHECK(agent.metric(released_in_flight()) == 0);
  caller.socket.reset();
  CHECK(eventually([&] { return agent.metric(released_in_flight()) == 5; }));
  CHECK(agent.metric("lars_agent_callers") == 0);
}

TEST_CASE("calls in flight under one agent are in flight under the next") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first.where});
  auto agent = std::make_unique<running_agent>(state.path(), std::vector{dns.where()});
  client::caller own({state.path().string(), {0x7f000001, agent->port()}, 2000ms});
  client::pick_request request;
  request.module = one_one;
  std::vector<client::call> calls(6);
  for (auto& one : calls) REQUIRE_FALSE(own.pick(request, one));
  REQUIRE(eventually([&] { return agent->metric("lars_agent_lane_picks_total") == 6; }));
  agent.reset();
  agent = std::make_unique<running_agent>(state.path(), std::vector{dns.where()});
  REQUIRE(eventually([&] {
    return own.current_transport() == client::transport::shared_memory && agent->metric("lars_agent_callers") == 1;
  }));
  // Nobody tells of them within the lease: six calls are given up.
  CHECK(eventually([&] { return agent->metric("lars_agent_call_timeouts_total") == 6; }));
}

}  // namespace lars::callers_test
