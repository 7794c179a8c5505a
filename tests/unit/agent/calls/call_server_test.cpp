#include "agent/calls/call_server.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "balance/table/heap_arena.hpp"

#include "wire/features.hpp"

namespace lars::call_server_test {

using namespace lars::agent;

namespace {

// A call server with module 1/1 of two hosts, and the misses that it queues for the route manager.
struct transport {
  transport() { modules.add({1, 1}, health).apply(std::vector<host>{{{1, 80}}, {{2, 80}}}, base::clock::now()); }
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
  static wire::get_host_response answer(const std::string& datagram) {
    wire::frame frame;
    wire::get_host_response response;
    REQUIRE(wire::parse_datagram(datagram, frame));
    REQUIRE(wire::decode(frame.body, response));
    return response;
  }
  balance::explanation explain() {
    return modules.find({1, 1})->explain(10, base::random_source(1), base::clock::now());
  }
  std::vector<route_key> misses() {
    std::vector<route_key> keys;
    server->misses().drain([&](route_key key) { keys.push_back(key); });
    return keys;
  }

  balance::health_config health;
  balance::heap_arena memory;
  service_index modules{memory, memory};
  std::unique_ptr<absent_modules> absent = std::make_unique<absent_modules>(base::clock::now());
  int woken = 0;
  std::unique_ptr<call_server> server =
      std::make_unique<call_server>(modules, *absent, [this](miss_queue&) { ++woken; });
  std::vector<char> reply = std::vector<char>(65507);
};

}  // namespace

TEST_CASE("an unknown module is answered at once with code 3 and queued for the route manager") {
  transport d;
  CHECK(d.get_host({5, 5}).code == 3);
  CHECK(d.misses() == std::vector<route_key>{{5, 5}});
  CHECK(d.woken == 1);
}

TEST_CASE("a module known to be absent is not queued") {
  transport d;
  d.absent->remember({5, 5}, base::clock::now());
  CHECK(d.get_host({5, 5}).code == 3);
  CHECK(d.misses().empty());
}

TEST_CASE("the next caller of a parked module queues it for the route manager") {
  transport d;
  d.get_host({1, 1});
  CHECK(d.misses().empty());
  auto* const one = d.modules.find({1, 1});
  one->consume_use();
  REQUIRE_FALSE(one->consume_use());
  d.get_host({1, 1});
  d.get_host({1, 1});
  CHECK(d.misses() == std::vector<route_key>{{1, 1}});
}

TEST_CASE("each kind of malformed datagram has its own counter and gets no answer") {
  transport d;
  CHECK(d.send("").empty());
  CHECK(d.send(std::string("\x04\0\0\0\x02\0\0\0\x08", 9)).empty());
  CHECK(d.server->stats().dropped_size.value() == 2);
  CHECK(d.send(std::string("\x63\0\0\0\0\0\0\0", 8)).empty());
  CHECK(d.send(std::string("\x02\0\0\0\0\0\0\0", 8)).empty());
  CHECK(d.server->stats().dropped_id.value() == 2);
  for (const char id : {'\x04', '\x06', '\x07'}) {
    std::string broken("\x04\0\0\0\x02\0\0\0\x08\xff", 10);
    broken[0] = id;
    CHECK(d.send(broken).empty());
  }
  CHECK(d.server->stats().dropped_body.value() == 3);
}

TEST_CASE("reports about unknown hosts are queued, in bounded number") {
  transport d;
  CHECK(d.ask(wire::report_request{{5, 5}, true, {1, 80}, 1}).empty());
  CHECK(d.ask(wire::report_request{{1, 1}, true, {9, 80}, 1}).empty());
  CHECK(d.ask(wire::report_request{{1, 1}, true, {1, 80}, 1}).empty());
  CHECK(d.server->stats().former_reports.value() == 2);
  CHECK(d.server->stats().reports.value() == 1);
  CHECK(d.misses().empty());
  std::vector<stray_report> strays;
  d.server->strays().drain([&](const stray_report& one) { strays.push_back(one); });
  REQUIRE(strays.size() == 2);
  CHECK(strays[0].module == route_key{5, 5});
  CHECK(strays[1].call.where == endpoint{9, 80});
  CHECK(strays[1].calls().ended.failures == 1);
  for (std::size_t i = 0; i < stray_inbox::room + 5; ++i) d.ask(wire::report_request{{5, 5}, true, {1, 80}, 1});
  CHECK(d.server->stats().ignored_reports.value() == 5);
}

TEST_CASE("pick codes map to wire codes") {
  transport d;
  CHECK(d.get_host({1, 1}).code == 0);
  for (int i = 0; i < 15; ++i)
    for (std::uint32_t ip : {1u, 2u}) d.ask(wire::report_request{{1, 1}, true, {ip, 80}, -1});
  const auto shielded = d.get_host({1, 1});
  CHECK(shielded.code == 1);
  CHECK_FALSE(shielded.has_host);
  d.modules.find({1, 1})->apply({}, base::clock::now());
  CHECK(d.get_host({1, 1}).code == 3);
}

TEST_CASE("an excluded host gets calls only if no other host takes calls") {
  transport d;
  const auto given = [&d](std::vector<endpoint> unwanted) {
    wire::get_host_request question{9, {1, 1}, {}, {}, 0, wire::our_features};
    for (const auto where : unwanted) question.exclude.add(where);
    return d.answer(d.ask(question)).where;
  };
  for (int i = 0; i < 200; ++i) REQUIRE(given({{1, 80}}) == endpoint{2, 80});
  CHECK(given({{1, 80}, {2, 80}}) != endpoint{});
  for (int i = 0; i < 15; ++i) d.ask(wire::report_request{{1, 1}, true, {1, 80}, 1});
  for (int i = 0; i < 30; ++i) REQUIRE(given({{1, 80}}) == endpoint{2, 80});  // nor as a probe
}

TEST_CASE("callers without features get the original answers, and their new fields are ignored") {
  transport d;
  wire::get_host_request question{9, {1, 1}, "user", {}, 5};
  question.exclude.add({1, 80});
  int excluded = 0;
  for (int i = 0; i < 100; ++i) {
    const auto answer = d.answer(d.ask(question));
    CHECK(answer.call_id == 0);
    excluded += answer.where == endpoint{1, 80};
  }
  CHECK(excluded > 10);
  wire::report_request report{{1, 1}, true, {1, 80}, 1};
  report.call_id = 1;
  report.abandoned = true;
  d.ask(report);
  CHECK(d.server->stats().reports.value() == 1);
}

TEST_CASE("a call's id ends the call once and supplies missing fields") {
  transport d;
  const wire::get_host_request question{9, {1, 1}, {}, {}, 5, wire::our_features};
  const auto begin = [&] { return d.answer(d.ask(question)); };
  const auto under_way = [&d] {
    std::uint64_t calls = 0;
    for (const auto& one : d.explain().each) calls += one.calls;
    return calls;
  };
  const auto first = begin();
  const auto second = begin();
  CHECK(first.call_id != 0);
  CHECK(under_way() == 2);
  wire::report_request report{{1, 1}, true, first.where, 0};
  report.call_id = first.call_id;
  report.features = wire::our_features;
  d.ask(report);
  CHECK(under_way() == 1);
  // Its latency is known, though nobody told it.
  const auto explained = d.explain();
  CHECK(std::ranges::any_of(explained.each,
                            [&](const auto& one) { return one.where == first.where && one.latency_ns > 0; }));
  wire::report_request abandon{{1, 1}, true, second.where, 0};
  abandon.call_id = second.call_id;
  abandon.features = wire::our_features;
  abandon.abandoned = true;
  d.ask(abandon);
  CHECK(under_way() == 0);
  CHECK(d.server->stats().reports.value() == 1);
}

TEST_CASE("an id from before a host was removed and added again is judged but ends no newer call") {
  transport d;
  const wire::get_host_request question{9, {1, 1}, {}, {}, 0, wire::our_features};
  const auto old = d.answer(d.ask(question));
  auto* const module = d.modules.find({1, 1});
  module->apply({}, base::clock::now());
  module->apply(std::vector<host>{{old.where}}, base::clock::now());
  d.ask(question);
  wire::report_request report{{1, 1}, true, old.where, 0};
  report.call_id = old.call_id;
  report.features = wire::our_features;
  d.ask(report);
  CHECK(d.explain().each.at(0).calls == 1);
  CHECK(d.server->stats().reports.value() == 1);
}

TEST_CASE("plausible load reports are recorded") {
  transport d;
  const auto report = [&d](endpoint where, double utilization, double qps, double eps) {
    wire::report_request message{{1, 1}, true, where, 0};
    message.utilization = utilization;
    message.qps = qps;
    message.eps = eps;
    d.ask(message);
  };
  const auto& stats = d.server->stats();
  report({1, 80}, 0, 0, 0);
  CHECK(stats.loads_taken.value() + stats.loads_ignored.value() + stats.loads_rejected.value() == 0);
  report({1, 80}, 0.5, 100, 1);
  report({1, 80}, 1.5, NAN, -1);  // what is known of it
  CHECK(stats.loads_taken.value() == 2);
  report({9, 80}, 0.5, 100, 1);
  CHECK(stats.loads_ignored.value() == 1);
  for (const double utilization : {0.0, -0.5, 100.5, double{INFINITY}, double{NAN}}) report({1, 80}, utilization, 9, 0);
  CHECK(stats.loads_rejected.value() == 5);
  CHECK(stats.reports.value() == 8);  // the calls themselves were judged
}

TEST_CASE("a removed module stays valid until the end of the batch that may have found it") {
  transport one;
  auto& leaving = *one.modules.find({1, 1});
  one.server->on_batch_begin();
  leaving.apply({}, base::clock::now());
  one.modules.remove(leaving);
  one.modules.reclaim();
  CHECK(one.modules.unreclaimed() == 1);
  CHECK(one.get_host({1, 1}).code == static_cast<std::int32_t>(wire::retcode::no_such_module));
  CHECK(one.misses() == std::vector<route_key>{{1, 1}});
  one.modules.reclaim();
  CHECK(one.modules.unreclaimed() == 0);
}

}  // namespace lars::call_server_test
