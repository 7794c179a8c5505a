#include "balance/load/calls_in_flight.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <vector>

namespace lars::calls_in_flight_test {

using namespace lars::balance;
using namespace std::chrono_literals;
using lars::base::time_point;

namespace {

// Two hosts and the list that the façade keeps.
struct two_hosts {
  struct record {
    host_calls calls;
  };

  void list_if(bool list, std::uint32_t slot) {
    if (list) listed.push_back(slot);
  }
  void begin(std::uint32_t slot, std::uint64_t count) { list_if(calls.begin(hosts[slot].calls, count, now), slot); }
  void end(std::uint32_t slot, std::uint64_t count) { list_if(calls.end(hosts[slot].calls, count, now), slot); }
  void count(std::uint32_t slot, const round_calls& round) {
    list_if(calls.count(hosts[slot].calls, round, now), slot);
  }
  std::uint64_t refresh() { return calls.refresh({std::span(hosts), &record::calls}, listed, live.data(), now); }
  std::uint64_t shown(std::uint32_t slot) const { return live[slot].in_flight.load(); }

  time_point now{1000s};
  calls_in_flight calls;
  std::vector<record> hosts{2};
  std::vector<std::uint32_t> listed;
  std::array<live_slot, 2> live{};
};

}  // namespace

TEST_CASE("a host is listed once until the refresh that publishes it") {
  two_hosts module;
  CHECK_FALSE(module.calls.needs_refresh());
  module.begin(1, 5);
  module.end(1, 2);
  CHECK(module.listed == std::vector<std::uint32_t>{1});
  CHECK(module.shown(1) == 0);
  CHECK(module.refresh() == 0);
  CHECK(module.shown(1) == 3);
  CHECK(module.listed.empty());
  CHECK(module.calls.under_way() == 3);
  module.begin(1, 1);
  CHECK(module.listed == std::vector<std::uint32_t>{1});
}

TEST_CASE("calls that begin and end within a round list nothing") {
  two_hosts module;
  module.count(0, {5, 4, 1});
  CHECK(module.listed.empty());
  module.count(0, {5, 5, 0});
  CHECK(module.listed.empty());
  CHECK_FALSE(module.calls.needs_refresh());
  module.count(0, {3, 1, 1});
  CHECK(module.listed == std::vector<std::uint32_t>{0});
  CHECK(module.calls.under_way() == 1);
}

TEST_CASE("calls whose lease is over are dropped, at every host") {
  two_hosts module;
  module.begin(0, 2);
  module.begin(1, 3);
  module.refresh();
  module.now += calls_in_flight::lease + 2s;
  CHECK(module.refresh() == 5);
  CHECK(module.shown(0) == 0);
  CHECK(module.shown(1) == 0);
  CHECK(module.calls.under_way() == 0);
}

TEST_CASE("a call that says when it began ends in its own time") {
  two_hosts module;
  const auto began = module.now;
  module.begin(0, 1);
  module.now += 2s;
  module.begin(0, 1);
  CHECK(module.calls.drop_begun(module.hosts[0].calls, module.now, module.now) == false);
  CHECK(module.calls.under_way() == 1);
  module.calls.end_begun(module.hosts[0].calls, began, module.now);
  CHECK(module.calls.under_way() == 0);
}

TEST_CASE("a single host is published without a refresh") {
  two_hosts module;
  module.begin(0, 4);
  module.calls.publish(module.hosts[0].calls, module.live[0]);
  CHECK(module.shown(0) == 4);
}

TEST_CASE("calls to a host that leaves are not counted any more") {
  two_hosts module;
  module.begin(0, 4);
  module.begin(1, 1);
  module.calls.leave(module.hosts[0].calls);
  CHECK(module.calls.under_way() == 1);
  CHECK(module.hosts[0].calls.ring.in_flight() == 0);
}

TEST_CASE("pickers see no calls under way while callers do not report") {
  two_hosts module;
  module.begin(0, 100);
  module.now += 7s;
  module.refresh();
  CHECK_FALSE(module.calls.callers_report());
  module.begin(1, 9);
  module.refresh();
  CHECK(module.calls.under_way() == 9);
  CHECK(module.shown(1) == 0);
  // As soon as they report, hosts that were not listed are shown too.
  module.begin(0, 200);
  module.end(0, 200);
  CHECK(module.calls.needs_refresh());
  module.refresh();
  CHECK(module.shown(1) == 9);
}

}  // namespace lars::calls_in_flight_test
