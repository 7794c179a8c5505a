#include "balance/p2c.hpp"

#include "policy_fixture.hpp"

using namespace lars;
using namespace lars::test;

namespace {

std::map<std::uint32_t, double> evenly(std::uint32_t hosts) {
  std::map<std::uint32_t, double> shares;
  for (std::uint32_t ip = 1; ip <= hosts; ++ip) shares[ip] = 1.0 / hosts;
  return shares;
}

void observe_all(policy_bench& bench, std::uint32_t hosts, std::uint64_t latency_us) {
  for (std::uint32_t ip = 1; ip <= hosts; ++ip) bench.observe(ip, latency_us);
  bench.pass(100ms);
}

bool by_weight(policy_bench& bench) { return balance::table_view(bench.hosts.view()).policy().by_weight; }

}  // namespace

TEST_CASE("p2c spreads evenly over hosts that are alike") {
  int suspicious = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    policy_bench bench("p2c");
    bench.draw = base::random_source(seed);
    bench.set(8);
    observe_all(bench, 8, 20'000);
    suspicious += chi_square(bench.count(8000), evenly(8), 8000) > 24.3 ? 1 : 0;
  }
  CHECK(suspicious <= 2);
}

TEST_CASE("p2c, latencies: of two the one with the shorter expected wait") {
  policy_bench bench("p2c");
  bench.set(2);
  bench.observe(1, 10'000);
  bench.observe(2, 30'000);
  bench.pass(100ms);
  CHECK(bench.next() == 1);
  bench.begin(1);
  CHECK(bench.next() == 1);
  for (int i = 0; i < 2; ++i) bench.begin(1);
  CHECK(bench.next() == 2);
  // Its weight makes up for it.
  bench.set_weights({400, 100});
  CHECK(bench.next() == 1);
}

TEST_CASE("p2c: a slow host gets little, and a fast failing one as good as nothing") {
  policy_bench slow("p2c");
  slow.set(10);
  observe_all(slow, 10, 10'000);
  slow.observe(3, 100'000);
  slow.pass(100ms);
  CHECK(slow.count(5000)[3] <= 50 + 10);
  policy_bench failing("p2c");
  failing.set(10);
  observe_all(failing, 10, 10'000);
  failing.observe(3, 500, true);
  failing.pass(100ms);
  CHECK(failing.count(5000)[3] <= 60);
}

TEST_CASE("p2c: a host that nobody has heard of gets one call, then waits for its answer") {
  policy_bench bench("p2c", {{"choices", "0"}});
  bench.set(4);
  for (const std::uint32_t ip : {1u, 2u, 3u}) bench.observe(ip, 20'000);
  bench.pass(100ms);
  // It is taken to be as quick as the others, no quicker.
  auto counts = bench.count(4000);
  CHECK(counts[4] > 850);
  CHECK(counts[4] < 1150);
  bench.begin(4);
  CHECK(bench.count(2000).count(4) == 0);
  bench.end(4);
  bench.observe(4, 20'000);
  bench.pass(100ms);
  CHECK(bench.count(4000)[4] > 850);
}

TEST_CASE("p2c recovers: bad news of a host fades towards what the fleet is like") {
  policy_bench bench("p2c");
  bench.set(4);
  for (int i = 0; i < 600; ++i) {
    for (const std::uint32_t ip : {1u, 2u, 4u}) bench.observe(ip, 10'000);
    if (i == 0) bench.observe(3, 10'000, true);
    bench.pass(100ms);
    if (i == 10) CHECK(bench.count(1000)[3] <= 20);
  }
  // It has come within a third of the others, so a call under way at each of them is enough.
  for (const std::uint32_t ip : {1u, 2u, 4u}) bench.begin(ip);
  CHECK(bench.count(4000)[3] > 1500);
}

TEST_CASE("p2c goes over to load reports once most hosts send them, and back when they stop") {
  policy_bench bench("p2c");
  bench.set(10);
  for (std::uint32_t ip = 1; ip <= 6; ++ip) bench.report(ip, 0.5);
  bench.pass(100ms);
  CHECK_FALSE(by_weight(bench));
  bench.report(7, 0.5);
  bench.pass(3s);
  CHECK(by_weight(bench));
  // Between the thresholds it stays.
  bench.pass(3s);
  for (std::uint32_t ip = 1; ip <= 5; ++ip) bench.report(ip, 0.5);
  bench.pass(6s);
  CHECK(by_weight(bench));
  bench.pass(7s);
  CHECK_FALSE(by_weight(bench));
  policy_bench never("p2c", {{"weights", "static"}});
  never.set(4);
  for (std::uint32_t ip = 1; ip <= 4; ++ip) never.report(ip, 0.5);
  never.pass(1s);
  CHECK_FALSE(by_weight(never));
}

TEST_CASE("p2c: what hosts did before the first load report is of no window of their weights") {
  policy_bench bench("p2c");
  bench.set_weights({100, 100, 100, 40});
  for (int i = 0; i < 50; ++i) bench.observe(1, 1000, true);
  bench.list[3].weight = 200;
  bench.list[2].state = host_state::down;
  bench.apply();
  bench.pass(10s);
  bench.report(1, 0.5);
  const auto weight = [&](std::uint32_t ip) { return bench.hosts.signals(bench.slot(ip)).weight; };
  CHECK(weight(1).failures == 0);
  CHECK(weight(1).reports == 1);
  CHECK(weight(3).value == 0);
  CHECK(weight(4).value == Approx(2));
  bench.report(2, 0.5);
  bench.report(4, 0.5);
  bench.pass(3s);
  CHECK(weight(1).value == weight(2).value);
}

TEST_CASE("p2c by load reports: latency is left out, weights and calls under way decide") {
  policy_bench bench("p2c");
  bench.set(4);
  for (int i = 0; i < 40; ++i) {
    // Host 1 says that it is twice as busy as the others.
    for (std::uint32_t ip = 1; ip <= 4; ++ip) {
      bench.report(ip, ip == 1 ? 0.6 : 0.3);
      bench.observe(ip, ip == 2 ? 90'000 : 10'000);
    }
    bench.pass(100ms);
  }
  REQUIRE(by_weight(bench));
  auto counts = bench.count(8000);
  CHECK(counts[1] < counts[2] * 7 / 10);
  CHECK(std::abs(counts[2] - counts[3]) < 250);
  for (int i = 0; i < 5; ++i) bench.begin(3);
  CHECK(bench.count(4000)[3] < 300);
}

TEST_CASE("p2c by load reports: recent failures count as calls under way, and fade") {
  policy_bench bench("p2c");
  bench.set(4);
  const auto round = [&](bool failing) {
    for (std::uint32_t ip = 1; ip <= 4; ++ip) {
      // Once it has fewer calls it is less busy.
      bench.report(ip, ip == 4 && !failing ? 0.3 : 0.5);
      bench.observe(ip, 10'000, failing && ip == 4);
    }
    bench.pass(100ms);
  };
  for (int i = 0; i < 20; ++i) round(true);
  CHECK(bench.count(4000)[4] < 400);
  for (int i = 0; i < 300; ++i) round(false);
  CHECK(bench.count(4000)[4] > 600);
}

TEST_CASE("p2c by load reports: failures that all hosts have alike decide nothing, one that stands out is avoided") {
  policy_bench bench("p2c");
  bench.set(4);
  const auto round = [&](std::uint32_t more_at_4) {
    for (std::uint32_t ip = 1; ip <= 4; ++ip) {
      bench.report(ip, 0.5);
      for (std::uint32_t i = 0; i < (ip == 4 ? 1 + more_at_4 : 1); ++i) bench.observe(ip, 10'000, true);
    }
    bench.pass(100ms);
  };
  // Half as many again are still noise.
  for (int i = 0; i < 20; ++i) round(i % 2);
  CHECK(bench.count(4000)[4] > 850);
  for (int i = 0; i < 40; ++i) round(4);
  CHECK(bench.count(4000)[4] < 400);
}

TEST_CASE("p2c by load reports: what the policy before it left with hosts counts for nothing") {
  policy_bench bench("lars");
  bench.set(4);
  for (int i = 0; i < 2000; ++i) {
    bench.overload(4);
    bench.heal(4);
  }
  bench.hosts.use(balance::make_policy("p2c", {}).value());
  for (int i = 0; i < 40; ++i) {
    for (std::uint32_t ip = 1; ip <= 4; ++ip) bench.report(ip, 0.5);
    bench.pass(100ms);
  }
  REQUIRE(by_weight(bench));
  for (std::uint32_t ip = 1; ip <= 4; ++ip) bench.begin(ip);
  CHECK(chi_square(bench.count(8000), evenly(4), 8000) < 20);
}
