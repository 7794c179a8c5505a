#include "agent/call_server.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "balance/heap_arena.hpp"

#include "wire/features.hpp"

using namespace lars;
using namespace lars::agent;

namespace {

// A call server with module 1/1 of two hosts, and what it would tell the control loop.
struct door {
  door() { modules.add({1, 1}, health).apply(std::vector<host>{{{1, 80}}, {{2, 80}}}, base::clock::now()); }
  std::string send(std::string_view datagram) {
    const auto size = server->on_datagram(datagram, {}, reply);
    server->on_batch_end();
    return {reply.data(), size};
  }
  template <class Message>
  std::string ask(const Message& message) {
    char out[wire::small_datagram_limit];
    return send({out, wire::encode(message, out)});
  }
  wire::get_host_response get_host(route_key key) {
    const auto answer = ask(wire::get_host_request{9, key});
    wire::frame frame;
    wire::get_host_response response;
    REQUIRE(wire::parse_datagram(answer, frame));
    REQUIRE(wire::decode(frame.body, response));
    CHECK(response.seq == 9);
    return response;
  }
  std::vector<route_key> misses() {
    std::vector<route_key> keys;
    server->misses().drain([&](route_key key) { keys.push_back(key); });
    return keys;
  }

  balance::health_config health;
  balance::heap_arena memory;
  module_index modules{memory, memory};
  std::unique_ptr<absent_modules> absent = std::make_unique<absent_modules>(base::clock::now());
  int woken = 0;
  std::unique_ptr<call_server> server =
      std::make_unique<call_server>(modules, *absent, [this](miss_queue&) { ++woken; });
  std::vector<char> reply = std::vector<char>(65507);
};

}  // namespace

TEST_CASE("an unknown module is answered at once with code 3 and told to the control loop") {
  door d;
  CHECK(d.get_host({5, 5}).code == 3);
  CHECK(d.misses() == std::vector<route_key>{{5, 5}});
  CHECK(d.woken == 1);
}

TEST_CASE("a module known to be absent is told to nobody") {
  door d;
  d.absent->remember({5, 5}, base::clock::now());
  CHECK(d.get_host({5, 5}).code == 3);
  CHECK(d.misses().empty());
}

TEST_CASE("a module that was parked is told to the control loop by its next caller") {
  door d;
  d.get_host({1, 1});
  CHECK(d.misses().empty());
  auto* const one = d.modules.find({1, 1});
  one->take_use();
  REQUIRE_FALSE(one->take_use());
  d.get_host({1, 1});
  d.get_host({1, 1});
  CHECK(d.misses() == std::vector<route_key>{{1, 1}});
}

TEST_CASE("each kind of rubbish has its own counter and no answer") {
  door d;
  CHECK(d.send("").empty());
  CHECK(d.send(std::string("\x04\0\0\0\x02\0\0\0\x08", 9)).empty());
  CHECK(d.server->probe().dropped_size.value() == 2);
  CHECK(d.send(std::string("\x63\0\0\0\0\0\0\0", 8)).empty());
  CHECK(d.send(std::string("\x02\0\0\0\0\0\0\0", 8)).empty());
  CHECK(d.server->probe().dropped_id.value() == 2);
  for (const char id : {'\x04', '\x06', '\x07'}) {
    std::string broken("\x04\0\0\0\x02\0\0\0\x08\xff", 10);
    broken[0] = id;
    CHECK(d.send(broken).empty());
  }
  CHECK(d.server->probe().dropped_body.value() == 3);
}

TEST_CASE("reports about what is not there are counted and ignored") {
  door d;
  CHECK(d.ask(wire::report_request{{5, 5}, true, {1, 80}, 1}).empty());
  CHECK(d.ask(wire::report_request{{1, 1}, true, {9, 80}, 1}).empty());
  CHECK(d.ask(wire::report_request{{1, 1}, true, {1, 80}, 1}).empty());
  CHECK(d.server->probe().ignored_reports.value() == 2);
  CHECK(d.server->probe().reports.value() == 1);
  CHECK(d.misses().empty());
}

TEST_CASE("codes of a pick are those of the wire") {
  door d;
  CHECK(d.get_host({1, 1}).code == 0);
  for (int i = 0; i < 15; ++i)
    for (std::uint32_t ip : {1u, 2u}) d.ask(wire::report_request{{1, 1}, true, {ip, 80}, -1});
  const auto shielded = d.get_host({1, 1});
  CHECK(shielded.code == 1);
  CHECK_FALSE(shielded.has_host);
  d.modules.find({1, 1})->apply({}, base::clock::now());
  CHECK(d.get_host({1, 1}).code == 3);
}

TEST_CASE("what a caller of today says of its call is taken, and answered as ever") {
  door d;
  wire::get_host_request question{9, {1, 1}, "user", {}, 5, wire::our_features};
  question.exclude.add({7, 80});
  wire::report_request report{{1, 1}, true, {1, 80}, 0};
  report.call_id = 1;
  report.utilization = 0.5;
  report.features = wire::our_features;
  CHECK(d.ask(question).size() == d.ask(wire::get_host_request{9, {1, 1}}).size());
  CHECK(d.ask(report).empty());
  CHECK(d.server->probe().reports.value() == 1);
}

TEST_CASE("what a host said of its load is handed on, unless it cannot be") {
  door d;
  const auto report = [&d](endpoint where, double utilization, double qps, double eps) {
    wire::report_request message{{1, 1}, true, where, 0};
    message.utilization = utilization;
    message.qps = qps;
    message.eps = eps;
    d.ask(message);
  };
  const auto& probe = d.server->probe();
  report({1, 80}, 0, 0, 0);
  CHECK(probe.loads_taken.value() + probe.loads_ignored.value() + probe.loads_rejected.value() == 0);
  report({1, 80}, 0.5, 100, 1);
  report({1, 80}, 1.5, NAN, -1);  // what is known of it
  CHECK(probe.loads_taken.value() == 2);
  report({9, 80}, 0.5, 100, 1);
  CHECK(probe.loads_ignored.value() == 1);
  for (const double utilization : {0.0, -0.5, 100.5, double{INFINITY}, double{NAN}}) report({1, 80}, utilization, 9, 0);
  CHECK(probe.loads_rejected.value() == 5);
  CHECK(probe.reports.value() == 8);  // the calls themselves were judged
}
