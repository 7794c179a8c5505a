#include "balance/load/utilization_weights.hpp"

#include <limits>

#include "unit/balance/policy_fixture.hpp"

namespace lars::utilization_weights_test {

using namespace lars::test;
using namespace lars::balance;

namespace {

// Servers whose load follows the calls they get, as in the article: 602 calls a second over three, one of which does
// something else besides.
struct trio {
  explicit trio(double ratio) {
    settings.max_adjust_ratio = ratio;
    for (auto& one : hosts) one.value = 1;
  }
  double sum() const { return hosts[0].value + hosts[1].value + hosts[2].value; }
  double qps(int i) const { return 602 * hosts[i].value / sum(); }
  void window() {
    std::vector<weighed_host> all;
    const double before[] = {qps(0), qps(1), qps(2)};
    for (int i = 0; i < 3; ++i) {
      hosts[i].note(load_report{before[i] * 0.00054 + (i == 0 ? 0.125 : 0), before[i], 0});
      all.push_back({&hosts[i], 1, true});
    }
    turn_window(all, settings);
  }
  policy_settings settings{.kind = policy_kind::ralb};
  host_weight hosts[3];
};

}  // namespace

TEST_CASE("ralb finds the article's shares of three servers, for each ratio") {
  const double expected[][4] = {{1.5, 125, 238, 239}, {2.0, 96, 252, 254}, {2.5, 79, 262, 263}};
  for (const auto& row : expected) {
    trio servers(row[0]);
    for (int i = 0; i < 40; ++i) servers.window();
    INFO(row[0]);
    for (int i = 0; i < 3; ++i) CHECK(servers.qps(i) == Approx(row[i + 1]).epsilon(0.03));
  }
}

TEST_CASE("no report is no idleness: the weight stays") {
  host_weight quiet{.value = 1.5, .settled = true};
  host_weight busy{.value = 1, .settled = true};
  busy.note(load_report{0.9, 10, 0});
  const weighed_host all[] = {{&quiet, 1, true}, {&busy, 1, true}};
  turn_window(all, {});
  CHECK(quiet.value == 1.5);
  CHECK(busy.value == 1);
  CHECK(busy.reports == 0);
}

TEST_CASE("a host that is out weighs nothing, comes back with little, and climbs until it reports") {
  host_weight one{.value = 1, .settled = true};
  host_weight other{.value = 1, .settled = true};
  const auto turn = [&](bool takes_calls) {
    const weighed_host all[] = {{&one, 1, takes_calls}, {&other, 1, true}};
    turn_window(all, {});
  };
  turn(false);
  CHECK(one.value == 0);
  turn(true);
  CHECK(one.value == Approx(0.1));
  turn(true);
  CHECK(one.value == Approx(0.2));
  for (int i = 0; i < 10; ++i) turn(true);
  CHECK(one.value == Approx(1));
}

TEST_CASE("failures weigh like utilisation") {
  host_weight failing{.value = 1};
  host_weight well{.value = 1};
  for (auto* const host : {&failing, &well}) host->note(load_report{0.5, 10, 0});
  failing.note(10, 5);
  well.note(10, 0);
  const weighed_host all[] = {{&failing, 1, true}, {&well, 1, true}};
  turn_window(all, {});
  CHECK(failing.value == Approx(well.value / 2));
}

TEST_CASE("what a host cannot mean is no report") {
  host_weight one;
  for (const double nonsense :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    one.note(load_report{nonsense, 1, 0});
  CHECK(one.reports == 0);
  one.note(load_report{1e300, 1, 0});
  CHECK(one.load_sum <= 100);
}

TEST_CASE("weights stay finite and within their bounds, whatever is reported") {
  std::uint64_t state = 5;
  const auto draw = [&state] {
    return static_cast<double>((state = state * 6364136223846793005u + 1442695040888963407u) >> 40);
  };
  std::vector<host_weight> hosts(20);
  for (auto& one : hosts) one.value = 1;
  for (int round = 0; round < 2000; ++round) {
    std::vector<weighed_host> all;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      if (draw() < 8e6) hosts[i].note(load_report{draw() / 1e6, 1, 0});
      hosts[i].note(static_cast<std::uint64_t>(draw()) % 10, static_cast<std::uint64_t>(draw()) % 5);
      all.push_back({&hosts[i], 1.0 + static_cast<double>(i % 3), draw() < 1.5e7});
    }
    turn_window(all, {});
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      REQUIRE(std::isfinite(hosts[i].value));
      REQUIRE(hosts[i].value <= all[i].base * 2.5 + 1e-5);
      REQUIRE((hosts[i].value == 0 || hosts[i].value >= all[i].base * 0.1 - 1e-5));
    }
  }
}

TEST_CASE("ralb after a policy that turned no windows begins with the weights of the routes") {
  for (const auto* const before : {"p2c", "round_robin"}) {
    policy_bench bench(before);
    bench.set_weights({100, 40, 100, 100});
    bench.list[2].state = host_state::down;
    bench.list[3].state = host_state::down;
    bench.apply();
    for (int i = 0; i < 50; ++i) bench.observe(1, 1000, true);
    bench.pass(10s);
    bench.list[1].weight = 200;
    bench.list[2].state = host_state::up;
    bench.apply();
    bench.hosts.use(balance::make_policy("ralb", {}).value());
    const auto weight = [&](std::uint32_t ip) { return bench.hosts.signals(bench.slot(ip)).weight; };
    CHECK(weight(1).value == Approx(1));
    CHECK(weight(1).failures == 0);
    CHECK(weight(2).value == Approx(2));
    CHECK(weight(3).value == Approx(1));
    CHECK(weight(4).value == 0);
    const auto counts = bench.count(4000);
    CHECK(counts.at(2) == Approx(2000).margin(200));
    CHECK(counts.at(3) == Approx(1000).margin(150));
  }
}

TEST_CASE("ralb draws by the weights that reports lead to") {
  policy_bench bench("ralb");
  bench.set(3);
  for (int i = 0; i < 70; ++i) {
    bench.report(1, 0.8);
    bench.report(2, 0.2);
    bench.report(3, 0.2);
    bench.pass(100ms);
  }
  auto counts = bench.count(9000);
  CHECK(counts[1] < 1800);
  CHECK(std::abs(counts[2] - counts[3]) < 300);
  bench.overload(2);
  bench.pass(4s);
  bench.heal(2);
  bench.pass(3s);
  counts = bench.count(9000);
  CHECK(counts[2] > 0);
  CHECK(counts[2] < 1500);
}

}  // namespace lars::utilization_weights_test
