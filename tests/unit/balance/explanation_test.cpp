#include "balance/explanation.hpp"

#include "policy_fixture.hpp"

namespace lars::explanation_test {

using namespace lars::balance;
using namespace lars::test;
using Catch::Detail::Approx;

namespace {

explanation explained(policy_bench& bench, std::size_t most_hosts = 1000) {
  auto made = explain(bench.hosts, bench.own, most_hosts, bench.now);
  lars::base::random_source draw(7);
  estimate_chances(made, bench.hosts.view(), bench.own, draw);
  return made;
}

double all_chances(const explanation& of) {
  double sum = of.none;
  for (const auto& one : of.each) sum += one.chance;
  return sum;
}

// One that calls take so long and that keeps none of them.
void serve(policy_bench& bench, std::uint32_t ip, std::uint64_t latency_us, int times = 20) {
  for (int i = 0; i < times; ++i) bench.observe(ip, latency_us);
}

}  // namespace

TEST_CASE("each reason to be out is told, and who is out has neither score nor chance") {
  policy_bench bench("p2c");
  bench.list = {{{1, 80}},
                {{2, 80}, 100, lars::host_state::drain},
                {{3, 80}, 100, lars::host_state::down},
                {{4, 80}, 0},
                {{5, 80}}};
  bench.apply();
  bench.overload(5);
  const auto told = explained(bench);
  REQUIRE(told.each.size() == 5);
  CHECK(told.each[0].available == availability::in);
  CHECK(told.each[1].available == availability::drained);
  CHECK(told.each[2].available == availability::down);
  CHECK(told.each[3].available == availability::weightless);
  CHECK(told.each[4].available == availability::ejected);
  CHECK(told.each[4].health == verdict::ejected);
  for (std::size_t i = 1; i < 5; ++i) {
    CHECK(told.each[i].chance == 0);
    CHECK_FALSE(told.each[i].score);
    CHECK_FALSE(told.each[i].draw_share);
  }
  CHECK(told.each[0].chance == 1);
  CHECK(told.each[0].draw_share == 1.0);
  CHECK(told.hosts.idle == 1);
  CHECK(told.hosts.ejected == 1);
  CHECK(told.picks_to_trial == 10);
}

TEST_CASE("p2c by latency: what is compared, and that the faster host is the likelier") {
  policy_bench bench("p2c");
  bench.set(2);
  serve(bench, 1, 1000);
  serve(bench, 2, 9000);
  bench.pass(200ms);
  bench.begin(1);
  const auto told = explained(bench);
  CHECK(told.mode == "latency");
  CHECK(told.median_ns > 0);
  CHECK(told.each[0].calls == 1);
  CHECK(told.each[0].latency_ns < told.each[1].latency_ns);
  REQUIRE(told.each[0].score);
  CHECK(*told.each[0].score == Approx(static_cast<double>(told.each[0].latency_ns) * 2 / 100));
  CHECK(told.each[0].chance == 1);  // of two both are compared
  CHECK(told.each[0].draw_share == 0.5);
  CHECK(told.each[0].failure_calls == 0.0);
}

TEST_CASE("p2c waits for the first answer of a host that nobody knows") {
  policy_bench bench("p2c");
  bench.set(2);
  bench.begin(1);
  const auto told = explained(bench);
  CHECK(told.each[0].awaited);
  CHECK_FALSE(told.each[0].score);
  CHECK_FALSE(told.each[1].awaited);
  CHECK(told.each[1].chance == 1);
}

TEST_CASE("p2c by load: draws follow what hosts report") {
  policy_bench bench("p2c");
  bench.set(4);
  for (int round = 0; round < 5; ++round) {
    for (std::uint32_t ip = 1; ip <= 4; ++ip) bench.report(ip, ip == 1 ? 0.2 : 0.8);
    bench.pass(3s);
  }
  const auto told = explained(bench);
  CHECK(told.mode == "load reports");
  CHECK(told.reporting == 4);
  REQUIRE(told.each[0].draw_share);
  CHECK(*told.each[0].draw_share > 2 * *told.each[1].draw_share);
  CHECK(told.each[0].load_weight > told.each[1].load_weight);
  CHECK(told.each[0].chance > told.each[1].chance);
  CHECK(all_chances(told) == Approx(1));
}

TEST_CASE("shares of draws are those of weights where the policy goes by them") {
  for (const auto* policy : {"weighted_random", "weighted_round_robin"}) {
    policy_bench bench(policy);
    bench.set_weights({100, 300});
    const auto told = explained(bench);
    CHECK(*told.each[0].draw_share == Approx(0.25).margin(0.001));
    CHECK(*told.each[1].draw_share == Approx(0.75).margin(0.001));
    CHECK(told.mode.empty());
    CHECK_FALSE(told.each[0].score);
    CHECK_FALSE(told.each[0].load_weight);
  }
}

TEST_CASE("weighted_random: chances come near the weights") {
  policy_bench bench("weighted_random");
  bench.set_weights({100, 300});
  const auto told = explained(bench);
  CHECK(told.draws == 1000);
  CHECK(told.each[1].chance == Approx(0.75).margin(0.06));
}

TEST_CASE("where hosts have turns the next one is certain, whoever asks why") {
  for (const auto* policy : {"round_robin", "lars"}) {
    policy_bench bench(policy);
    bench.set(5);
    bench.next();
    const auto told = explained(bench);
    CHECK_FALSE(told.each[0].draw_share);
    const auto next = bench.next();
    CHECK(told.each[next - 1].chance == 1);
  }
}

TEST_CASE("least_request tells what it compares by its rule") {
  policy_bench weighted("least_request");
  weighted.set_weights({100, 200});
  weighted.begin(2);
  auto told = explained(weighted);
  CHECK(told.mode == "calls over weight");
  CHECK(told.each[1].score == Approx(1.0 / 200));
  CHECK(told.each[0].chance == 1);
  policy_bench shortest("sed");
  shortest.set_weights({100, 200});
  told = explained(shortest);
  CHECK(told.mode == "shortest delay");
  CHECK(told.each[0].score == Approx(0.01));
  CHECK(told.each[1].chance == 1);
}

TEST_CASE("ralb tells the weights that follow reported load") {
  policy_bench bench("ralb");
  bench.set(3);
  const auto told = explained(bench);
  CHECK(told.each[0].load_weight > 0.0);
  CHECK(told.each[0].draw_share == Approx(1.0 / 3).margin(0.001));
}

TEST_CASE("when a probe is due the overloaded host is next, and of overloaded hosts alone mostly none is") {
  policy_bench bench("random");
  bench.set(2);
  bench.overload(2);
  for (int i = 0; i < 10; ++i) bench.next();
  auto told = explained(bench);
  CHECK(told.picks_to_trial == 0);
  CHECK(told.each[1].chance == 1);
  bench.next();
  bench.overload(1);
  told = explained(bench);
  CHECK(told.picks_to_trial == 10);
  CHECK(told.none == 1);
}

TEST_CASE("nothing changes when somebody asks why") {
  for (const auto* policy : {"p2c", "round_robin", "weighted_round_robin", "lars", "least_request"}) {
    policy_bench asked(policy);
    policy_bench left_alone(policy);
    for (auto* const bench : {&asked, &left_alone}) {
      bench->set(7);
      bench->overload(3);
    }
    for (int i = 0; i < 100; ++i) {
      explained(asked);
      CHECK(asked.next() == left_alone.next());
    }
  }
}

TEST_CASE("of many hosts the first are told of, and chances still count all") {
  policy_bench bench("random");
  bench.set(100);
  const auto told = explained(bench, 10);
  CHECK(told.each.size() == 10);
  CHECK(told.members == 100);
  CHECK(*told.each[0].draw_share == Approx(0.01));
  CHECK(all_chances(told) < 0.3);
}

TEST_CASE("of no hosts nothing is told") {
  policy_bench bench("p2c");
  const auto told = explained(bench);
  CHECK(told.members == 0);
  CHECK(told.none == 1);
}

}  // namespace lars::explanation_test
