// The limits of one process over all its connections. All connections of a test belong to one process.
#include <poll.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/callers/ask_budget.hpp"
#include "agent/callers/stray_calls.hpp"
#include "client/caller.hpp"
#include "fake_dns.hpp"
#include "running_agent.hpp"
#include "share/attach.hpp"
#include "share/counters_format.hpp"
#include "share/segment.hpp"
#include "share/thread_counters.hpp"

namespace lars::caller_limits_test {

using namespace lars::test;
using namespace std::chrono_literals;

namespace {

const std::string refused_processes = "lars_agent_callers_refused_total{reason=\"process\"}";
const std::string refused_at_limit = "lars_agent_callers_refused_total{reason=\"limit\"}";

// One connection, played message by message.
struct connection {
  explicit connection(const scratch_directory& state, const std::vector<int>& brought = {}) {
    auto connected = share::connect_to(state.path().string());
    if (!connected) return;
    socket = *std::move(connected);
    const auto welcome = ask({.kind = share::attach_kind::hello}, brought);
    if (welcome) status = welcome->status;
  }

  bool is_attached() const { return status == share::attach_status::ok; }

  // Nothing where the agent has closed the connection.
  std::optional<share::attach_message> ask(const share::attach_message& question,
                                           const std::vector<int>& brought = {}) {
    if (!share::send_message(socket.get(), question, brought)) return std::nullopt;
    share::attach_message answer;
    std::vector<share::descriptor> received;
    pollfd wanted{socket.get(), POLLIN, 0};
    ::poll(&wanted, 1, 5000);
    if (share::receive_message(socket.get(), answer, received) != share::received::message) return std::nullopt;
    for (auto& file : received) files.push_back(std::move(file));
    return answer;
  }

  // Takes segments until the agent gives no more; what they take with their checkpoints.
  std::uint64_t take_all_memory() {
    std::uint64_t taken = 0;
    while (const auto room = ask({.kind = share::attach_kind::more, .bytes = 4096})) {
      if (room->status != share::attach_status::ok) break;
      taken += share::allocated_bytes(room->bytes);
    }
    return taken;
  }

  // All counters with their checkpoints, to be brought to another connection.
  std::vector<int> counters() const {
    std::vector<int> all;
    for (std::size_t i = 1; i < files.size(); ++i) all.push_back(files[i].get());
    return all;
  }

  share::descriptor socket;
  std::optional<share::attach_status> status;
  std::vector<share::descriptor> files;  // the routes, then counters and checkpoint of each segment
};

// Counts one call to each of `hosts` hosts of `modules` unknown modules, numbered from `first`.
struct counting_connection : connection {
  counting_connection(const scratch_directory& state, std::int32_t first, int modules, std::uint64_t hosts)
      : connection(state) {
    const auto block_bytes = sizeof(share::block_header) + share::slots_bytes(hosts);
    const auto room =
        ask({.kind = share::attach_kind::more, .bytes = static_cast<std::uint64_t>(modules) * block_bytes});
    if (!room || room->status != share::attach_status::ok) return;
    segment.emplace(*share::segment::open(share::descriptor(::dup(files[3].get())),
                                          share::descriptor(::dup(files[4].get())), room->bytes));
    segment->number() = 1;
    for (std::int32_t modid = first; modid < first + modules; ++modid) {
      const auto name = balance::join(static_cast<std::uint32_t>(modid), 1);
      auto* const block = segment->add_block(share::block_kind::counters, name, hosts, share::slots_bytes(hosts));
      if (block == nullptr) return;
      share::thread_counters counters({modid, 1}, *block, segment->number(), segment->position_of(*block), dirty_ring);
      for (std::uint32_t host = 0; host < hosts; ++host) {
        const auto place = counters.index_of(balance::member{{0x0a000001 + host, 80}, host, 1});
        counters.count_pick(place, 1, {1, 1});
        counters.count_end(place, {}, {1, 1});
        ++calls;
      }
    }
  }

  std::optional<share::segment> segment;
  share::dirty_ring_writer dirty_ring;
  std::uint64_t calls = 0;
};

// Callers may have only one MiB each, which keeps the test short.
agent::agent_config with_little_memory() {
  auto config = in_turn();
  config.caller_bytes = 1u << 20;
  return config;
}

constexpr std::uint64_t most_memory = 4u << 20;

}  // namespace

TEST_CASE("a process may have only a part of max_callers, and a new connection once one has ended") {
  scratch_directory state;
  auto config = in_turn();
  config.max_callers = 512;
  running_agent agent(state.path(), {}, config);
  std::vector<connection> kept;
  std::size_t told = 0;
  for (int i = 0; i < 300; ++i) {
    connection one(state);
    if (one.status == share::attach_status::full) ++told;
    if (one.is_attached()) kept.push_back(std::move(one));
  }
  CHECK(kept.size() == 128);
  CHECK(told > 0);
  CHECK(agent.metric("lars_agent_callers") == 128);
  CHECK(agent.metric(refused_processes) == 300 - 128);
  kept.pop_back();
  CHECK(eventually([&] { return connection(state).is_attached(); }));
}

TEST_CASE("the memory of a process is limited, however many connections it opens") {
  scratch_directory state;
  running_agent agent(state.path(), {}, with_little_memory());
  std::vector<connection> kept;
  for (int i = 0; i < 12; ++i) {
    connection one(state);
    if (!one.is_attached()) continue;
    one.take_all_memory();
    kept.push_back(std::move(one));
  }
  CHECK(agent.metric("lars_agent_caller_bytes") <= most_memory);
  CHECK(agent.metric("lars_agent_caller_bytes") > most_memory / 2);
  CHECK(kept.size() >= 4);
  CHECK(agent.metric(refused_at_limit) > 0);
}

TEST_CASE("memory of an ended connection still counts for its process") {
  scratch_directory state;
  running_agent agent(state.path(), {}, with_little_memory());
  std::uint64_t taken = 0;
  for (int i = 0; i < 12; ++i) {
    connection one(state);
    if (one.is_attached()) taken += share::allocated_bytes(share::first_segment) + one.take_all_memory();
  }
  CHECK(taken <= most_memory);
  CHECK(taken > most_memory / 2);
}

TEST_CASE("returned counters are not counted twice against the limit") {
  scratch_directory state;
  running_agent agent(state.path(), {}, with_little_memory());
  std::vector<connection> all;
  all.emplace_back(state);
  REQUIRE(all.back().is_attached());
  all.back().take_all_memory();
  const auto counters = all.front().counters();
  for (int i = 0; i < 12; ++i) {
    // With the connection before it and without.
    if (i % 2 == 0) {
      all.back().socket.reset();
      CHECK(eventually([&] { return agent.metric("lars_agent_callers") == 0; }));
    }
    all.emplace_back(state, counters);
    CHECK(all.back().is_attached());
  }
}

TEST_CASE("partly returned counters still count as a whole against the limit") {
  scratch_directory state;
  running_agent agent(state.path(), {}, with_little_memory());
  connection first(state);
  REQUIRE(first.is_attached());
  auto taken = first.take_all_memory();
  const std::vector<int> part{first.files[1].get(), first.files[2].get()};
  first.socket.reset();
  for (int i = 0; i < 12; ++i) {
    connection next(state, part);
    if (next.is_attached()) taken += next.take_all_memory();
  }
  CHECK(taken <= most_memory);
}

TEST_CASE("reconnecting does not renew a process's budget of module requests") {
  scratch_directory state;
  fake_dns dns;
  running_agent agent(state.path(), {dns.where()});
  REQUIRE(eventually([&] { return agent.metric("lars_agent_connected{server=\"dns\"}") == 1; }));
  const auto start = std::chrono::steady_clock::now();
  std::int32_t next = 0;
  constexpr std::int32_t wanted = 3 * static_cast<std::int32_t>(agent::ask_budget::burst);
  while (next < wanted) {
    connection one(state);
    REQUIRE(one.is_attached());
    for (const auto end = next + wanted / 8; next < end; ++next)
      REQUIRE(one.ask({.kind = share::attach_kind::want, .modid = 1000 + next, .cmdid = 9}));
  }
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto most = static_cast<double>(agent::ask_budget::burst) +
                    (seconds + 1) * static_cast<double>(agent::ask_budget::asks_a_second);
  CHECK(agent.metric("lars_agent_pulls_total") <= most);
  CHECK(agent.metric("lars_agent_asks_refused_total") >= wanted - most);
}

TEST_CASE("requests for known or pending modules do not use up the budget") {
  scratch_directory state;
  fake_dns dns;
  dns.set({1, 1}, {{0x0a000001, 80}});
  running_agent agent(state.path(), {dns.where()});
  auto asking = agent.ask();
  REQUIRE(has_hosts(asking, {1, 1}));
  dns.fall_silent(true);
  connection one(state);
  REQUIRE(one.is_attached());
  for (std::uint64_t i = 0; i < agent::ask_budget::burst; ++i) {
    REQUIRE(one.ask({.kind = share::attach_kind::want, .modid = 1, .cmdid = 1}));
    REQUIRE(one.ask({.kind = share::attach_kind::want, .modid = 2, .cmdid = 1}));
  }
  CHECK(agent.metric("lars_agent_asks_refused_total") == 0);
}

TEST_CASE("the limit of waiting modules covers all connections of a process") {
  scratch_directory state;
  running_agent agent(state.path(), {});
  constexpr int modules = 800;
  std::uint64_t calls = 0;
  std::vector<std::unique_ptr<counting_connection>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(std::make_unique<counting_connection>(state, 1000 + i * modules, modules, 1));
    calls += all.back()->calls;
    // What it counted is looked at when it leaves, or before.
    if (i % 2 == 0) all.back()->socket.reset();
  }
  REQUIRE(calls == 4 * modules);
  all.clear();
  const auto waiting = [&] { return agent.metric("lars_agent_calls_waiting"); };
  const auto ignored = [&] { return agent.metric("lars_agent_lane_calls_ignored_total"); };
  CHECK(eventually([&] { return waiting() + ignored() == 4 * modules; }));
  CHECK(waiting() == agent::stray_calls::most_modules);
}

TEST_CASE("a program with hundreds of clients shares memory with each of them, and so it does with the next agent") {
  scratch_directory state;
  fake_dns dns;
  dns.set({1, 1}, {{0x0a000001, 80}});
  auto agent = std::make_unique<running_agent>(state.path(), std::vector{dns.where()});
  std::vector<std::unique_ptr<client::caller>> clients;
  const auto all_share = [&] {
    client::pick_request request;
    request.module = {1, 1};
    for (const auto& one : clients) {
      client::call call;
      if (one->pick(request, call) || call.by != client::transport::shared_memory) return false;
      one->finish(call, 0);
      if (one->current_transport() != client::transport::shared_memory) return false;
    }
    return agent->metric("lars_agent_callers") == static_cast<double>(clients.size());
  };
  for (int i = 0; i < 300; ++i)
    clients.push_back(std::make_unique<client::caller>(
        client::caller_config{state.path().string(), {0x7f000001, agent->port()}, 2000ms}));
  CHECK(all_share());
  agent.reset();
  agent = std::make_unique<running_agent>(state.path(), std::vector{dns.where()});
  CHECK(within(20'000ms, all_share));
  CHECK(agent->metric(refused_processes) == 0);
  CHECK(agent->metric(refused_at_limit) == 0);
}

}  // namespace lars::caller_limits_test
