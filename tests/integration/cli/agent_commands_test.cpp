#include <catch2/catch.hpp>
#include <sstream>

#include "base/clock.hpp"
#include "base/endpoint.hpp"
#include "cli/command.hpp"
#include "fake_agent.hpp"

namespace lars::agent_commands_test {

using lars::test::code_answer;
using lars::test::fake_agent;
using lars::test::host_answer;

namespace {

using replies = std::vector<std::string>;
constexpr endpoint host{0xC0A80101, 7777};

struct outcome {
  int code;
  std::string out, err;
};

outcome run_with(endpoint agent, const std::string& command, const std::vector<std::string>& args) {
  std::ostringstream out, err;
  const int code = cli::run(command, args, {{storage::backend::sqlite, "/nonexistent/lars.db"}, agent, out, err});
  return {code, out.str(), err.str()};
}

fake_agent::handler answers(std::int32_t code) {
  return [code](auto datagram, int) {
    const auto question = fake_agent::question(datagram);
    return replies{code == 0 ? host_answer(question, host) : code_answer(question, code)};
  };
}

// An agent of one module with three hosts in turn, which does not isolate.
fake_agent::handler three_hosts() {
  return [turn = std::uint32_t{0}](std::string_view datagram, int) mutable {
    wire::frame frame;
    wire::parse_datagram(datagram, frame);
    if (frame.id == 4) return replies{host_answer(fake_agent::question(datagram), {0x0A000001 + turn++ % 3, 80})};
    if (frame.id != 7) return replies{};
    std::array<char, 512> room;
    wire::caller_route_encoder encoder(room, test::module_key);
    for (std::uint32_t i = 0; i < 3; ++i) encoder.add({0x0A000001 + i, 80});
    return replies{std::string(room.data(), encoder.finish())};
  };
}

}  // namespace

TEST_CASE("get-host prints the host and exits as the agent answered") {
  const std::vector<std::pair<int, int>> exits{{0, 0}, {1, 1}, {2, 1}, {3, 3}};
  for (const auto& [code, exit] : exits) {
    const fake_agent agent(answers(code));
    const auto plain = run_with(agent.where(), "get-host", {"1", "2"});
    CHECK(plain.code == exit);
    CHECK(plain.out == (code == 0 ? "192.168.1.1:7777\n" : ""));
    CHECK(plain.err.empty() == (code == 0));
    const auto json = run_with(agent.where(), "get-host", {"1", "2", "--format", "json"});
    CHECK(json.code == exit);
    const std::string rest = code == 0 ? ",\"ip\":\"192.168.1.1\",\"port\":7777}\n" : ",\"ip\":null,\"port\":null}\n";
    CHECK(json.out == "{\"modid\":1,\"cmdid\":2,\"retcode\":" + std::to_string(code) + rest);
  }
}

TEST_CASE("a silent agent is a system error and named") {
  const fake_agent agent([](auto, int) { return replies{}; });
  const auto end = run_with(agent.where(), "get-host", {"1", "2", "--format", "json"});
  CHECK(end.code == 1);
  CHECK(end.out == "{\"modid\":1,\"cmdid\":2,\"retcode\":2,\"ip\":null,\"port\":null}\n");
  CHECK(end.err.find("does not answer") != std::string::npos);
}

TEST_CASE("without an agent each command says so at once") {
  endpoint gone;
  {
    const fake_agent agent(answers(0));
    gone = agent.where();
  }
  const auto told = "lars: no agent answers at " + base::format_endpoint(gone) + ": connection refused\n";
  const auto start = base::clock::now();
  for (const auto& [command, args] :
       std::vector<std::pair<std::string, std::vector<std::string>>>{{"get-host", {"1", "2"}},
                                                                     {"get-route", {"1", "2"}},
                                                                     {"simulate", {"1", "2"}},
                                                                     {"report", {"1", "2", "10.0.0.1:80", "0"}}}) {
    const auto end = run_with(gone, command, args);
    CHECK(end.code == 1);
    CHECK(end.out.empty());
    CHECK(end.err == told);
  }
  CHECK(base::clock::now() - start < std::chrono::seconds(1));
}

TEST_CASE("get-route prints every host of the module") {
  const fake_agent agent(three_hosts());
  const auto end = run_with(agent.where(), "get-route", {"1", "2", "--format", "csv"});
  CHECK(end.code == 0);
  CHECK(end.out == "modid,cmdid,ip,port\n1,2,10.0.0.1,80\n1,2,10.0.0.2,80\n1,2,10.0.0.3,80\n");
}

TEST_CASE("report sends one report") {
  fake_agent agent([](auto, int) { return replies{}; });
  CHECK(run_with(agent.where(), "report", {"1", "2", "10.0.0.1:80", "-7"}).code == 0);
  for (int i = 0; i < 200 && agent.received() == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  REQUIRE(agent.received() == 1);
  CHECK(agent.datagrams()[0][0] == 6);
}

TEST_CASE("simulate counts what it asked, failed and reported, and isolates nobody by itself") {
  fake_agent agent(three_hosts());
  const auto end = run_with(agent.where(), "simulate",
                            {"1", "2", "--calls", "60", "--pace", "0", "--fail", "10.0.0.2:80=5", "--format", "csv"});
  CHECK(end.code == 0);
  CHECK(end.out ==
        "ip,port,calls,succ,err,isolated_at_ms,returned_at_ms\n"
        "10.0.0.1,80,20,20,0,,\n"
        "10.0.0.2,80,20,10,10,,\n"
        "10.0.0.3,80,20,20,0,,\n");
  int asks = 0, reports = 0, failures = 0;
  for (int i = 0; i < 200 && agent.received() < 121; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  for (const auto& datagram : agent.datagrams()) {
    wire::frame frame;
    wire::report_request report;
    REQUIRE(wire::parse_datagram(datagram, frame));
    asks += frame.id == 4;
    if (frame.id != 6) continue;
    REQUIRE(wire::decode(frame.body, report));
    ++reports;
    failures += report.code != 0;
  }
  CHECK(asks == 60);
  CHECK(reports == 60);
  CHECK(failures == 10);
}

TEST_CASE("simulate refuses a failing host that is not of the module") {
  const fake_agent agent(three_hosts());
  const auto end = run_with(agent.where(), "simulate", {"1", "2", "--fail", "10.0.0.9:80=5"});
  CHECK(end.code == 3);
  CHECK(end.err.find("10.0.0.9:80") != std::string::npos);
}

}  // namespace lars::agent_commands_test
