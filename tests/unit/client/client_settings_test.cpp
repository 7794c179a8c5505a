#include "client/client_settings.hpp"

#include <catch2/catch.hpp>
#include <map>

namespace lars::client_settings_test {

using namespace std::chrono_literals;
using lars::endpoint;
using lars::errc;
using lars::client::deadline_of;
using lars::client::given_settings;
using lars::client::settle;
using lars::client::surroundings;

namespace {

// A user's process with these variables, on a machine where agent.sock is or is not.
surroundings user(std::map<std::string, std::string> variables = {}, bool socket_there = false) {
  return {[variables](const char* name) -> const char* {
            const auto found = variables.find(name);
            return found == variables.end() ? nullptr : found->second.c_str();
          },
          [socket_there](const std::string& path) { return socket_there && path == "/run/lars/agent.sock"; }, false};
}

surroundings root(std::map<std::string, std::string> variables = {}) {
  auto around = user(std::move(variables));
  around.root = true;
  return around;
}

given_settings udp(std::string text) { return {.dir = {}, .udp = std::move(text), .deadline_ms = {}}; }

}  // namespace

TEST_CASE("without any setting the agent is at its usual place") {
  const auto config = settle({}, user());
  REQUIRE(config);
  CHECK(config->run_dir == "/run/lars");
  CHECK(config->agent == endpoint{0x7f000001, 8888});
  CHECK(config->deadline == 1000ms);
}

TEST_CASE("a user finds his own agent where the machine has none") {
  CHECK(settle({}, user({{"XDG_RUNTIME_DIR", "/run/user/7"}}))->run_dir == "/run/user/7/lars");
  CHECK(settle({}, user({{"XDG_RUNTIME_DIR", "/run/user/7"}}, true))->run_dir == "/run/lars");
  CHECK(settle({}, user({{"XDG_RUNTIME_DIR", ""}}))->run_dir == "/run/lars");
}

TEST_CASE("root looks for the machine's agent alone") {
  CHECK(settle({}, root({{"XDG_RUNTIME_DIR", "/run/user/0"}}))->run_dir == "/run/lars");
}

TEST_CASE("the environment overrides the usual place") {
  const auto config = settle(
      {},
      user({{"LARS_CLIENT_DIR", "/srv/lars"}, {"LARS_CLIENT_UDP", "10.0.0.1:9000"}, {"XDG_RUNTIME_DIR", "/x"}}, true));
  REQUIRE(config);
  CHECK(config->run_dir == "/srv/lars");
  CHECK(config->agent == endpoint{0x0a000001, 9000});
}

TEST_CASE("what the program says overrides the environment") {
  const given_settings given{.dir = "/mine", .udp = "10.0.0.2:9100", .deadline_ms = 20};
  const auto config = settle(given, user({{"LARS_CLIENT_DIR", "/srv/lars"}, {"LARS_CLIENT_UDP", "10.0.0.1:9000"}}));
  REQUIRE(config);
  CHECK(config->run_dir == "/mine");
  CHECK(config->agent == endpoint{0x0a000002, 9100});
  CHECK(config->deadline == 20ms);
}

TEST_CASE("an empty directory means no shared memory, an empty address is not set") {
  CHECK(settle({}, user({{"LARS_CLIENT_DIR", ""}}))->run_dir.empty());
  CHECK(settle({.dir = "", .udp = {}, .deadline_ms = {}}, user({{"LARS_CLIENT_DIR", "/srv/lars"}}))->run_dir.empty());
  CHECK(settle({}, user({{"LARS_CLIENT_UDP", ""}}))->agent == endpoint{0x7f000001, 8888});
}

TEST_CASE("an address that is none is refused by name, whoever says it") {
  for (const char* wrong :
       {"localhost:8888", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65534", "127.0.0.1:8888 ", "::1:8888"}) {
    INFO(wrong);
    const auto from_variable = settle({}, user({{"LARS_CLIENT_UDP", wrong}}));
    REQUIRE_FALSE(from_variable);
    CHECK(from_variable.error().code == errc::invalid_argument);
    CHECK(from_variable.error().detail.find("LARS_CLIENT_UDP") == 0);
    const auto from_program = settle(udp(wrong), user());
    REQUIRE_FALSE(from_program);
    CHECK(from_program.error().code == errc::invalid_argument);
  }
  CHECK_FALSE(settle(udp(""), user()));
  CHECK(settle(udp("127.0.0.1:65533"), user()));
}

TEST_CASE("a wrong variable that the program overrides does no harm") {
  CHECK(settle(udp("10.0.0.2:9100"), user({{"LARS_CLIENT_UDP", "rubbish"}})));
}

TEST_CASE("a deadline is 1 ms to a minute") {
  CHECK_FALSE(deadline_of(0));
  CHECK(deadline_of(1) == 1ms);
  CHECK(deadline_of(60000) == 60s);
  CHECK_FALSE(deadline_of(60001));
  CHECK_FALSE(settle({.dir = {}, .udp = {}, .deadline_ms = 0}, user()));
  CHECK_FALSE(settle({.dir = {}, .udp = {}, .deadline_ms = 60001}, user()));
}

}  // namespace lars::client_settings_test
