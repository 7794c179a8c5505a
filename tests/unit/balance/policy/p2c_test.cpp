#include "balance/policy/p2c.hpp"

#include "balance/load/lone_estimate.hpp"

#include "unit/balance/policy_fixture.hpp"

namespace lars::p2c_test {

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

namespace {

using balance::join;

// A picker whose agent went away: what was published stands still, and it counts its own calls, one at a time.
class lone_picker {
public:
  explicit lone_picker(std::string_view policy, std::uint32_t hosts, const base::setting_map& parameters = {})
      : bench_(policy, parameters), counted_(hosts), entries_(hosts), measured_(hosts) {
    bench_.set(hosts);
    for (std::uint32_t i = 0; i < hosts; ++i) entries_[bench_.slot(i + 1)].where = join(i + 1, 80);
    counts_ = {.slots = counted_.data(), .entries = entries_, .positions = {}, .alone = true, .measured = measured_};
  }

  // As the agent left it.
  policy_bench& published() { return bench_; }

  std::uint32_t pick() {
    const auto picked = balance::pick(bench_.hosts.view(), bench_.own, {bench_.draw(), {}, counts_});
    if (picked.code != balance::pick_code::picked) return 0;
    ++entries_[picked.chosen.slot].under_way;
    return picked.chosen.where.ip;
  }
  void end(std::uint32_t ip, std::uint64_t latency_us, bool failed = false) {
    auto& own = counted_[bench_.slot(ip)];
    --entries_[bench_.slot(ip)].under_way;
    own.ends += 1;
    own.latency_us += latency_us;
    own.failures += failed ? 1 : 0;
    own.run = failed ? own.run + 1 : 0;
  }
  // Shares of so many calls; `latency_us` of a call to a host of this ip.
  template <class Latency>
  std::map<std::uint32_t, double> shares(int calls, Latency latency_us) {
    std::map<std::uint32_t, double> all;
    for (int i = 0; i < calls; ++i) {
      const auto ip = pick();
      all[ip] += 1.0 / calls;
      end(ip, latency_us(ip));
    }
    return all;
  }

  // 100 µs and more, most often near 1 ms: the mean of a few of them says little.
  std::uint64_t usual_latency() { return 100 + 2 * std::min(random_.below(1000), random_.below(2000)); }

private:
  policy_bench bench_;
  std::vector<balance::counter_slot> counted_;
  std::vector<balance::picker_entry> entries_;
  std::vector<balance::lone_estimate> measured_;
  balance::picker_counts counts_;
  base::random_source random_{7};
};

void check_equal_shares(const std::map<std::uint32_t, double>& shares, std::uint32_t hosts) {
  for (std::uint32_t ip = 1; ip <= hosts; ++ip) {
    INFO("host " << ip << " of " << hosts);
    REQUIRE(shares.contains(ip));
    CHECK(shares.at(ip) > 0.8 / hosts);
    CHECK(shares.at(ip) < 1.2 / hosts);
  }
}

}  // namespace

TEST_CASE("a picker that is alone gives equal hosts equal shares, whatever was published last") {
  const auto policy = GENERATE("p2c", "least_request", "round_robin", "weighted_round_robin", "random",
                               "weighted_random", "ralb", "lars");
  const auto hosts = GENERATE(2u, 5u);
  INFO(policy);
  lone_picker picker(policy, hosts);
  for (std::uint32_t ip = 1; ip <= hosts; ++ip) {
    picker.published().observe(ip, 1000 * ip);
    for (std::uint32_t i = 0; i < ip; ++i) picker.published().begin(ip);
  }
  picker.published().pass(200ms);
  check_equal_shares(picker.shares(4000, [&](std::uint32_t) { return picker.usual_latency(); }), hosts);
}

TEST_CASE("alone under p2c, a host that became slow loses its share, and gets it back when it is quick again") {
  const auto hosts = GENERATE(2u, 5u);
  lone_picker picker("p2c", hosts);
  (void)picker.shares(1000, [&](std::uint32_t) { return picker.usual_latency(); });
  const auto slow = picker.shares(4000, [&](std::uint32_t ip) { return (ip == 1 ? 10 : 1) * picker.usual_latency(); });
  CHECK(slow.at(1) < 0.1 / hosts);
  CHECK(slow.at(1) > 0);
  (void)picker.shares(2000, [&](std::uint32_t) { return picker.usual_latency(); });
  check_equal_shares(picker.shares(4000, [&](std::uint32_t) { return picker.usual_latency(); }), hosts);
}

TEST_CASE("alone under p2c, calls that do not end keep their host from further ones") {
  lone_picker picker("p2c", 5);
  (void)picker.shares(1000, [&](std::uint32_t) { return picker.usual_latency(); });
  std::map<std::uint32_t, int> under_way;
  for (int i = 0; i < 500; ++i) ++under_way[picker.pick()];
  for (std::uint32_t ip = 1; ip <= 5; ++ip) CHECK(under_way[ip] > 50);
}

TEST_CASE("alone under p2c, a host whose calls fail at once gets hardly any") {
  lone_picker picker("p2c", 5);
  (void)picker.shares(1000, [&](std::uint32_t) { return picker.usual_latency(); });
  int failed = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto ip = picker.pick();
    failed += ip == 2 ? 1 : 0;
    picker.end(ip, ip == 2 ? 50 : picker.usual_latency(), ip == 2 && i % 2 == 0);
  }
  CHECK(failed < 100);
}

}  // namespace lars::p2c_test
