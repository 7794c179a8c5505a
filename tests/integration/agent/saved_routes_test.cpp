#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "agent/local/instance_lock.hpp"
#include "fake_dns.hpp"
#include "running_agent.hpp"

namespace lars::saved_routes_test {

using namespace lars::test;
using namespace std::chrono_literals;

namespace {

const route_key one_one{1, 1};
const route_key two_two{2, 2};
const endpoint first{0x0a000001, 80};
const endpoint second{0x0a000002, 80};
const std::vector<endpoint> nobody{{0x7f000001, 1}};

// A state directory in which an agent has saved two modules.
void save_two_modules(const std::filesystem::path& directory) {
  fake_dns dns;
  dns.set(one_one, {first});
  dns.set(two_two, {first, second});
  running_agent agent(directory, {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  REQUIRE(has_hosts(caller, two_two));
}

std::filesystem::path file_in(const scratch_directory& state) { return state.path() / "routes.log"; }

}  // namespace

TEST_CASE("an agent restarted while every dns is down serves at once") {
  scratch_directory state;
  save_two_modules(state.path());
  running_agent agent(state.path(), nobody);
  auto caller = agent.ask();
  CHECK(caller.get_host(one_one)->code == 0);
  CHECK(caller.get_route(two_two) == std::vector<endpoint>{first, second});
}

TEST_CASE("a route is saved when it arrives, not when the agent stops") {
  scratch_directory state;
  scratch_directory copy;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  REQUIRE(eventually([&] { return std::filesystem::file_size(file_in(state)) > 16; }));
  // What kill -9 would have left behind.
  std::filesystem::copy_file(file_in(state), copy.path() / "routes.log");
  running_agent next(copy.path(), nobody);
  auto next_caller = next.ask();
  CHECK(next_caller.get_host(one_one)->code == 0);
}

TEST_CASE("a module without hosts is not served after a restart") {
  scratch_directory state;
  {
    fake_dns dns;
    dns.set(one_one, {first});
    running_agent agent(state.path(), {dns.where()});
    auto caller = agent.ask();
    REQUIRE(has_hosts(caller, one_one));
    dns.push(one_one, {});
    REQUIRE(eventually([&] { return caller.get_host(one_one)->code == 3; }));
  }
  running_agent agent(state.path(), nobody);
  auto caller = agent.ask();
  CHECK(caller.get_host(one_one)->code == 3);
}

TEST_CASE("restored routes are confirmed by their digests") {
  scratch_directory state;
  save_two_modules(state.path());
  fake_dns dns;
  dns.set(one_one, {first});
  dns.set(two_two, {second});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  CHECK(eventually([&] { return caller.get_route(two_two) == std::vector<endpoint>{second}; }));
  REQUIRE(eventually([&] { return dns.requests_for(one_one) == 1; }));
  for (const auto& request : dns.requests()) CHECK(request.known_digest != 0);
  CHECK(caller.get_host(one_one)->code == 0);
}

TEST_CASE("a damaged end of the file loses only its records") {
  scratch_directory state;
  save_two_modules(state.path());
  const auto whole = std::filesystem::file_size(file_in(state));
  std::filesystem::resize_file(file_in(state), whole - 3);
  {
    running_agent agent(state.path(), nobody);
    auto caller = agent.ask();
    CHECK(caller.get_host(one_one)->code == 0);
    CHECK(caller.get_host(two_two)->code == 3);
  }
  // What is saved behind the cut is found again.
  {
    fake_dns dns;
    dns.set(one_one, {first});
    dns.set(two_two, {second});
    running_agent agent(state.path(), {dns.where()});
    auto caller = agent.ask();
    REQUIRE(has_hosts(caller, two_two));
  }
  running_agent agent(state.path(), nobody);
  auto caller = agent.ask();
  CHECK(caller.get_route(two_two) == std::vector<endpoint>{second});
}

TEST_CASE("an agent starts with an empty file, one of zeros or of random bytes") {
  for (const auto& content : {std::string(), std::string(5000, '\0'), std::string(5000, 'x'), std::string("lars")}) {
    scratch_directory state;
    std::ofstream(file_in(state), std::ios::binary) << content;
    save_two_modules(state.path());
    running_agent agent(state.path(), nobody);
    auto caller = agent.ask();
    CHECK(caller.get_host(one_one)->code == 0);
  }
}

TEST_CASE("a flipped bit loses the records after it, and the rest is served") {
  scratch_directory state;
  save_two_modules(state.path());
  {
    std::fstream file(file_in(state), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(-2, std::ios::end);
    file.put('\x5a');
  }
  running_agent agent(state.path(), nobody);
  auto caller = agent.ask();
  CHECK(caller.get_host(one_one)->code == 0);
}

TEST_CASE("a second agent with the same directory is refused with a clear error") {
  scratch_directory state;
  running_agent agent(state.path(), nobody);
  net::io_pool pool(1);
  auto config = in_turn();
  config.listen = {0x7f000001, 0};
  config.state_dir = state.path();
  agent::role second_agent(pool, config);
  const auto refused = second_agent.listen();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::io_failed);
  CHECK(refused.error().detail.find("another agent") != std::string::npos);
}

TEST_CASE("a directory that cannot be created is an error") {
  scratch_directory state;
  std::ofstream(state.path() / "file") << "in the way";
  net::io_pool pool(1);
  auto config = in_turn();
  config.listen = {0x7f000001, 0};
  config.state_dir = state.path() / "file" / "below";
  agent::role role(pool, config);
  const auto refused = role.listen();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::io_failed);
}

TEST_CASE("a port in use is a clear error") {
  scratch_directory one_state;
  scratch_directory other_state;
  running_agent agent(one_state.path(), nobody);
  net::io_pool pool(1);
  auto config = in_turn();
  config.listen = {0x7f000001, agent.port()};
  config.state_dir = other_state.path();
  agent::role role(pool, config);
  const auto refused = role.listen();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::connection_refused);
}

TEST_CASE("stopping takes less than three seconds, with a dns, without one and with one that hangs") {
  for (int kind = 0; kind < 3; ++kind) {
    scratch_directory state;
    fake_dns dns;
    if (kind == 2) dns.fall_silent(true);
    running_agent agent(state.path(), kind == 0 ? nobody : std::vector{dns.where()});
    auto caller = agent.ask();
    caller.get_host(one_one);
    const auto began = std::chrono::steady_clock::now();
    agent.stop();
    CHECK(std::chrono::steady_clock::now() - began < 3s);
    dns.fall_silent(false);
  }
}

}  // namespace lars::saved_routes_test
