#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include "client/udp_transport.hpp"
#include "fake_dns.hpp"
#include "running_agent.hpp"

namespace lars::calls_test {

using namespace lars::test;
using namespace std::chrono_literals;

namespace {

const route_key one_one{1, 1};
const endpoint first{0xc0a80101, 7777};  // 192.168.1.1:7777
const endpoint second{0x0a000001, 80};
const endpoint third{0x0a000002, 80};

}  // namespace

TEST_CASE("a module is pulled at its first use and its hosts share the calls") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first, second, third});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  const auto cold = caller.get_host(one_one);
  REQUIRE(cold);
  CHECK(cold->code == 3);
  CHECK_FALSE(cold->has_host);
  REQUIRE(has_hosts(caller, one_one));
  std::map<endpoint, int> counts;
  for (int i = 0; i < 300; ++i) ++counts[caller.get_host(one_one)->where];
  REQUIRE(counts.size() == 3);
  for (const auto& [where, count] : counts) CHECK(std::abs(count - 100) < 40);
}

TEST_CASE("a caller with features is not given an excluded host, and its call has an id") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first, second});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  auto transport = client::udp_transport::open({{0x7f000001, agent.port()}, {}});
  REQUIRE(transport);
  const endpoint unwanted[] = {first};
  for (int i = 0; i < 200; ++i) {
    const auto given = transport->get_host(one_one, {.exclude = unwanted});
    REQUIRE(given);
    REQUIRE(given->where == second);
    REQUIRE(given->call_id != 0);
  }
  const endpoint both[] = {first, second};
  CHECK(transport->get_host(one_one, {.exclude = both}));
}

TEST_CASE("any module is answered on any of the three ports") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  for (std::uint32_t offset = 0; offset < 3; ++offset) {
    auto caller = agent.ask(offset);
    CHECK(has_hosts(caller, one_one));
  }
}

TEST_CASE("the golden bytes of GetHost") {
  scratch_directory state;
  fake_dns dns;
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  caller.send(from_hex("04000000 06000000 0807 1001 1801"));
  CHECK(caller.receive() == from_hex("05000000 08000000 0807 1001 1801 2003"));
  dns.set(one_one, {first});
  REQUIRE(has_hosts(caller, one_one));
  caller.send(from_hex("04000000 06000000 0807 1001 1801"));
  CHECK(caller.receive() == from_hex("05000000 16000000 0807 1001 1801 2a0e 088182a085fcffffffff01 10e13c"));
}

TEST_CASE("the golden bytes of GetRoute and of the request to dns") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {second});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  caller.send(from_hex("07000000 04000000 0801 1001"));
  CHECK(caller.receive() == from_hex("08000000 04000000 0801 1001"));
  REQUIRE(has_hosts(caller, one_one));
  caller.send(from_hex("07000000 04000000 0801 1001"));
  CHECK(caller.receive() == from_hex("08000000 0d000000 0801 1001 1a07 0881808050 1050"));
}

TEST_CASE("golden failure reports eject a host, which then gets one pick in eleven as a trial") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first, second});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  const auto failure = from_hex("06000000 16000000 0801 1001 1a0e 088182a085fcffffffff01 10e13c 2001");
  for (int i = 0; i < 15; ++i) caller.send(failure);
  int failing = 0;
  for (int i = 0; i < 110; ++i) failing += caller.get_host(one_one)->where == first;
  CHECK(failing == 10);
  for (int i = 0; i < 6; ++i) caller.report(one_one, first, 0);
  failing = 0;
  for (int i = 0; i < 100; ++i) failing += caller.get_host(one_one)->where == first;
  CHECK(failing == 50);
}

TEST_CASE("the first report of each fresh host counts") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first, second});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  for (int i = 0; i < 14; ++i) caller.report(one_one, first, 1);
  std::set<endpoint> seen;
  for (int i = 0; i < 2; ++i) seen.insert(caller.get_host(one_one)->where);
  CHECK(seen.size() == 2);
  caller.report(one_one, first, 1);
  for (int i = 0; i < 10; ++i) CHECK(caller.get_host(one_one)->where == second);
}

TEST_CASE("with every host ejected callers get code 1, and one pick in eleven is a trial") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {first});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  for (int i = 0; i < 15; ++i) caller.report(one_one, first, 1);
  for (int i = 0; i < 10; ++i) CHECK(caller.get_host(one_one)->code == 1);
  CHECK(caller.get_host(one_one)->code == 0);
}

TEST_CASE("a report without a host is one about 0.0.0.0:0") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {endpoint{0, 0}, second});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  for (int i = 0; i < 15; ++i) caller.send(from_hex("06000000 06000000 0801 1001 2001"));
  for (int i = 0; i < 10; ++i) CHECK(caller.get_host(one_one)->where == second);
}

TEST_CASE("an empty GetHost body means module 0/0") {
  scratch_directory state;
  fake_dns dns;
  dns.set({0, 0}, {second});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  caller.send(from_hex("04000000 00000000"));
  CHECK(caller.receive() == from_hex("05000000 02000000 2003"));
  REQUIRE(has_hosts(caller, {0, 0}));
  caller.send(from_hex("04000000 00000000"));
  CHECK(caller.receive() == from_hex("05000000 09000000 2a07 0881808050 1050"));
}

TEST_CASE("malformed datagrams are dropped and the next caller is served") {
  scratch_directory state;
  fake_dns dns;
  dns.set(one_one, {second});
  running_agent agent(state.path(), {dns.where()});
  auto caller = agent.ask();
  REQUIRE(has_hosts(caller, one_one));
  caller.send("");
  caller.send("short");
  caller.send(from_hex("04000000 ff000000 0807"));
  caller.send(from_hex("04000000 ffffffff 0807"));
  caller.send(from_hex("04000000 04000000 ffffffff"));
  caller.send(from_hex("06000000 04000000 1affffff"));
  caller.send(from_hex("07000000 02000000 08ff"));
  caller.send(from_hex("63000000 02000000 0801"));
  caller.send(std::string(3000, 'x'));
  caller.send(std::string(60000, '\0'));
  CHECK(caller.receive(200ms).empty());
  CHECK(caller.get_host(one_one)->code == 0);
}

}  // namespace lars::calls_test
