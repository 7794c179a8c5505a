#include "lab/simulation.hpp"

#include <catch2/catch.hpp>
#include <cmath>

namespace lars::simulation_test {

using namespace lars::lab;
using namespace std::chrono_literals;
using lars::host;
using lars::balance::member;

namespace {

// The call results of all callers of a run.
struct record {
  std::uint64_t ends = 0;
  std::uint64_t lost = 0;  // not successes
  double latency_s = 0;    // sum over successes
  std::vector<call_end> kinds;
};

// Sends each call to the first host.
class first_host final : public caller {
public:
  explicit first_host(record& seen) : seen_(seen) {}
  void set_hosts(std::span<const host> hosts, instant) override {
    first_ = hosts.empty() ? std::nullopt : std::optional(member{hosts[0].where, 0, 1});
  }
  std::optional<member> pick(instant) override { return first_; }
  void end(const ended_call& call, instant) override {
    ++seen_.ends;
    seen_.kinds.push_back(call.end);
    if (call.end == call_end::success)
      seen_.latency_s += seconds_of(call.latency);
    else
      ++seen_.lost;
  }
  void control(instant) override {}

private:
  record& seen_;
  std::optional<member> first_;
};

scenario one_server(const server_spec& spec, instant length) {
  scenario plan;
  plan.servers = {spec};
  plan.measured = length;
  plan.phases = {{"all", 0s, length}};
  plan.timeout = 600s;
  return plan;
}

struct outcome {
  record seen;
  std::vector<phase_figures> phases;
};
outcome run(const scenario& plan, double offered) {
  outcome made;
  simulation one(plan, {offered, 42, [&made](std::uint64_t) { return std::make_unique<first_host>(made.seen); }});
  made.phases = one.run();
  return made;
}

double mean_latency(const record& seen) { return seen.latency_s / static_cast<double>(seen.ends - seen.lost); }

// The chance that a call waits at c servers under a load of `a` (Erlang C).
double erlang_c(int c, double a) {
  double term = 1, sum = 1;
  for (int k = 1; k < c; ++k) sum += (term *= a / k);
  const double last = term * a / c * c / (c - a);
  return last / (sum + last);
}

}  // namespace

TEST_CASE("one core with exponential work is M/M/1") {
  const auto found = run(one_server({"m", 1, 0, {law_kind::exponential, 10ms, 1}}, 4000s), 70);
  const double mean = 0.010 / (1 - 0.7);
  CHECK(mean_latency(found.seen) == Approx(mean).epsilon(0.03));
  // Time in the system is exponential too.
  CHECK(found.phases[0].p50_ms == Approx(1000 * mean * std::log(2)).epsilon(0.03));
  CHECK(found.phases[0].p99_ms == Approx(1000 * mean * std::log(100)).epsilon(0.06));
  CHECK(found.phases[0].goodput == Approx(70).epsilon(0.01));
}

TEST_CASE("one core with fixed work is M/D/1") {
  const auto found = run(one_server({"d", 1, 0, {law_kind::fixed, 10ms, 1}}, 2000s), 80);
  CHECK(mean_latency(found.seen) == Approx(0.010 + 0.010 * 0.8 / (2 * (1 - 0.8))).epsilon(0.03));
}

TEST_CASE("one core with gamma work waits as Pollaczek and Khinchine say") {
  const auto found = run(one_server({"g", 1, 0, {law_kind::gamma, 10ms, 0.5}}, 2000s), 80);
  CHECK(mean_latency(found.seen) == Approx(0.010 + 0.010 * 0.8 * 1.25 / (2 * (1 - 0.8))).epsilon(0.03));
}

TEST_CASE("several cores with exponential work are M/M/c, less those that the background keeps") {
  const int background = GENERATE(0, 2);
  const auto found = run(one_server({"c", 8 + background, background, {law_kind::exponential, 10ms, 1}}, 500s), 680);
  CHECK(mean_latency(found.seen) == Approx(0.010 + erlang_c(8, 6.8) * 0.010 / (8 - 6.8)).epsilon(0.03));
}

TEST_CASE("the round trip is in the latency once") {
  auto plan = one_server({"d", 64, 0, {law_kind::fixed, 10ms, 1}}, 20s);
  plan.rtt = 3ms;
  CHECK(mean_latency(run(plan, 10).seen) == Approx(0.013));
}

TEST_CASE("a limiter keeps the CPU at its target, and refusals are reported with their cost") {
  auto plan = one_server({"l", 8, 0, {law_kind::gamma, 2ms, 0.5}}, 120s);
  plan.limit.emplace();
  plan.phases = {{"late", 40s, 120s}};
  const auto found = run(plan, 4000);  // at 55 % it can do 2200 of them
  // x served and the rest refused at 6 %: x + 0.06 (4000 - x) = 2200.
  CHECK(found.phases[0].goodput == Approx((2200 - 0.06 * 4000) / 0.94).epsilon(0.02));
  CHECK(found.phases[0].error_rate == Approx(1 - found.phases[0].goodput / 4000).epsilon(0.01));
}

TEST_CASE("a call without an answer in time ends once, at its deadline") {
  auto plan = one_server({"t", 4, 0, {law_kind::fixed, 10ms, 1}}, 30s);
  plan.timeout = 500ms;
  plan.faults = {{"sleeps", 10s, 1, fault_kind::delay, 1s}, {"wakes", 20s, 1, fault_kind::delay, 0s}};
  plan.phases = {{"before", 0s, 10s}, {"asleep", 11s, 20s}, {"awake", 22s, 30s}};
  const auto found = run(plan, 100);
  CHECK(found.phases[0].error_rate == 0);
  CHECK(found.phases[1].goodput == 0);
  CHECK(found.phases[1].p50_ms == Approx(500).epsilon(0.01));
  CHECK(found.phases[2].error_rate == 0);
}

TEST_CASE("a killed server fails its calls at once and refuses new ones until it is started") {
  auto plan = one_server({"k", 4, 0, {law_kind::fixed, 100ms, 1}}, 30s);
  plan.faults = {{"dies", 10s, 1, fault_kind::kill, 0s}, {"starts", 20s, 1, fault_kind::restart, 0s}};
  plan.phases = {{"dead", 10s, 20s}, {"back", 21s, 30s}};
  const auto found = run(plan, 30);
  CHECK(found.phases[0].goodput == 0);
  CHECK(found.phases[1].error_rate == 0);
  CHECK(found.phases[1].goodput == Approx(30).epsilon(0.2));
  for (const auto kind : found.seen.kinds) CHECK((kind == call_end::success || kind == call_end::broken));
}

TEST_CASE("without a host a call is an error, and hosts that come back get calls") {
  auto plan = one_server({"r", 4, 0, {law_kind::fixed, 10ms, 1}}, 30s);
  plan.faults = {{"goes", 10s, 1, fault_kind::remove, 0s}, {"comes", 20s, 1, fault_kind::add, 0s}};
  plan.phases = {{"gone", 11s, 20s}, {"back", 20s, 30s}};
  const auto found = run(plan, 100);
  CHECK(found.phases[0].error_rate == 1);
  CHECK(found.phases[1].error_rate == 0);
}

TEST_CASE("every call ends; only in-flight calls are left at the end") {
  auto plan = one_server({"e", 2, 0, {law_kind::gamma, 10ms, 0.5}}, 60s);
  plan.timeout = 20ms;
  record seen;
  simulation one(plan, {150, 1, [&seen](std::uint64_t) { return std::make_unique<first_host>(seen); }});
  one.run();
  CHECK(seen.ends > 8000);
  CHECK(one.calls_under_way() < 20);
}

}  // namespace lars::simulation_test
