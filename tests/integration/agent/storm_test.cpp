#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "fake_dns.hpp"
#include "running_agent.hpp"

namespace lars::storm_test {

using namespace lars::test;
using namespace std::chrono_literals;

namespace {

const endpoint first{0x0a000001, 80};

// Sends one GetHost per module (7, i), `window` at a time, and returns the answers' codes by module.
std::vector<int> ask_each(caller& asking, std::int32_t modules, std::int32_t window) {
  std::vector<int> codes(static_cast<std::size_t>(modules), -1);
  std::int32_t sent = 0;
  std::int32_t received = 0;
  while (received < modules) {
    for (; sent < modules && sent - received < window; ++sent) {
      char out[wire::small_datagram_limit];
      asking.send({out, wire::encode(wire::get_host_request{0, {7, sent}}, out)});
    }
    const auto datagram = asking.receive(1000ms);
    wire::frame frame;
    wire::get_host_response response;
    if (!wire::parse_datagram(datagram, frame) || !wire::decode(frame.body, response)) break;
    codes[static_cast<std::size_t>(response.key.cmdid)] = response.code;
    ++received;
  }
  return codes;
}

std::ptrdiff_t count_of(const std::vector<int>& codes, int code) {
  return std::count(codes.begin(), codes.end(), code);
}

}  // namespace

TEST_CASE("twenty thousand cold modules requested at once are all answered and soon loaded") {
  constexpr std::int32_t modules = 20000;
  scratch_directory state;
  fake_dns dns;
  for (std::int32_t i = 0; i < modules; ++i) dns.set({7, i}, {first});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  const auto began = std::chrono::steady_clock::now();
  CHECK(count_of(ask_each(caller, modules, 2000), 3) > modules / 2);
  const auto asked = std::chrono::steady_clock::now() - began;
  CHECK(eventually([&] { return count_of(ask_each(caller, modules, 500), 0) == modules; }));
  const auto done = std::chrono::steady_clock::now() - began;
  // Asked once each; a machine so slow that callers would have given up asks once more.
  CHECK(dns.requests().size() <= 2 * modules);
  WARN("20,000 cold modules: asked in " << std::chrono::duration_cast<std::chrono::milliseconds>(asked).count()
                                        << " ms, all there after "
                                        << std::chrono::duration_cast<std::chrono::milliseconds>(done).count()
                                        << " ms");
}

TEST_CASE("a flood of unknown modules does not reach dns") {
  scratch_directory state;
  fake_dns dns;
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  const auto end = std::chrono::steady_clock::now() + 1000ms;
  while (std::chrono::steady_clock::now() < end) {
    const auto codes = ask_each(caller, 100, 50);
    CHECK(count_of(codes, 3) == 100);
  }
  CHECK(dns.requests().size() <= 200);
  CHECK(dns.requests().size() >= 100);
}

TEST_CASE("a recently unknown module is found once it exists") {
  scratch_directory state;
  fake_dns dns;
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  CHECK(caller.get_host({7, 1})->code == 3);
  REQUIRE(eventually([&] { return dns.requests_for({7, 1}) == 1; }));
  // The agent's question subscribed it, so the push comes before the agent would ask again.
  std::this_thread::sleep_for(20ms);
  dns.push({7, 1}, {first});
  CHECK(has_hosts(caller, {7, 1}));
}

TEST_CASE("fifty thousand hosts in a module work: picks in turn, a route cut to a datagram, a restart") {
  scratch_directory state;
  std::vector<endpoint> many;
  for (std::uint32_t i = 0; i < 50000; ++i) many.push_back({0x0a000000 + i, 8080});
  {
    fake_dns dns;
    dns.set({1, 1}, many);
    running_agent agent(state.path(), {dns.where()});
    auto caller = agent.ask();
    REQUIRE(has_hosts(caller, {1, 1}));
    std::set<endpoint> seen;
    for (int i = 0; i < 2000; ++i) seen.insert(caller.get_host({1, 1})->where);
    CHECK(seen.size() == 2000);
    const auto route = caller.get_route({1, 1});
    CHECK(route.size() > 5000);
    CHECK(std::equal(route.begin(), route.end(), many.begin()));
  }
  running_agent agent(state.path(), {{0x7f000001, 1}});
  auto caller = agent.ask();
  CHECK(caller.get_host({1, 1})->code == 0);
}

TEST_CASE("an agent restarted under load restores every route, ten times of ten") {
  scratch_directory state;
  fake_dns dns;
  dns.set({1, 1}, {first});
  for (int i = 0; i < 10; ++i) {
    running_agent agent(state.path(), {dns.where()});
    std::atomic<bool> stop{false};
    std::thread load([&] {
      auto caller = agent.ask(1);
      char out[wire::small_datagram_limit];
      while (!stop) {
        for (int k = 0; k < 20; ++k) caller.send({out, wire::encode(wire::get_host_request{0, {1, k}}, out)});
        caller.receive(20ms);
      }
    });
    auto caller = agent.ask();
    const bool served = has_hosts(caller, {1, 1});
    agent.stop();
    stop = true;
    load.join();
    REQUIRE(served);
  }
}

}  // namespace lars::storm_test
