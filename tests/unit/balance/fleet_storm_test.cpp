// What must hold of a module whatever happens to it, over random events: the transport that publishes every call at
// once.
#include "support/fleet_storm.hpp"

#include <catch2/catch.hpp>

#include "balance/module_state.hpp"
#include "balance/table/heap_arena.hpp"

namespace lars::fleet_storm_test {

using namespace lars::test;

namespace {

// What the agent does under a module's lock for a caller that asks over UDP.
class published_transport : public storm_transport {
public:
  // A first memory of so many bytes; with little of it the module moves to its spare one sooner or later.
  explicit published_transport(std::uint64_t bytes) : memory_(bytes), hosts_(storm_health, {1, 1}, memory_, spare_) {}

  void set_hosts(std::span<const host> list, base::time_point now) override { hosts_.apply(list, now); }
  void use(const balance::policy_settings& policy) override { hosts_.use(policy); }
  std::uint32_t pickers() const override { return 1; }
  balance::pick_result pick(std::uint32_t, std::uint64_t draw, std::span<const endpoint> exclude, base::time_point now,
                            storm_call&) override {
    const auto picked = balance::pick(hosts_.view(), cursor_, {draw, exclude});
    if (picked.code == balance::pick_code::picked) hosts_.begin_published(picked.chosen.slot, now);
    return picked;
  }
  void end(const storm_call& of, std::uint32_t, call_end how, std::uint64_t latency_us, base::time_point now) override {
    const auto slot = hosts_.find_slot(of.host.where, of.host.slot);
    if (!slot) return;
    if (how == call_end::abandoned) return hosts_.drop(*slot, 1, now);
    const bool bad = how == call_end::bad;
    hosts_.record(of.host.where, bad ? balance::outcome::failure : balance::outcome::success, now);
    hosts_.end_published(*slot, now);
    hosts_.observe(*slot, {1, bad ? 1u : 0u, latency_us, latency_us}, now);
  }
  std::uint32_t another(std::uint32_t picker, std::uint32_t) const override { return picker; }
  void report_load(endpoint where, const balance::load_report& load, base::time_point now) override {
    if (const auto slot = hosts_.find_slot(where, UINT32_MAX)) hosts_.report_load(*slot, load, now);
  }
  std::function<bool(std::uint32_t)> lose(std::uint32_t, base::time_point) override {
    return [](std::uint32_t) { return false; };
  }
  std::uint64_t control(base::time_point now) override {
    const auto load = hosts_.refresh_load(now);
    hosts_.control(now);
    return load.in_flight;
  }
  balance::module_view view() const override { return hosts_.view(); }

private:
  balance::heap_arena memory_;
  balance::heap_arena spare_{1u << 16};
  balance::module_state hosts_;
  balance::cursor cursor_;
};

storm_result storm_of(std::string_view policy, std::uint64_t seed, std::uint64_t lost_ends = 0) {
  published_transport transport(seed % 3 == 0 ? 2048 : 1u << 16);
  return run_storm(transport, {.policy = policy, .seed = seed, .lost_ends = lost_ends});
}

}  // namespace

TEST_CASE("whatever happens, picks are of hosts that take calls and every call under way is published, once") {
  const auto all = run_storms(100, [](std::string_view policy, std::uint64_t seed) { return storm_of(policy, seed); });
  REQUIRE(all.wrong == "");
  // Storms in which nothing happens prove nothing.
  CHECK(all.picks > 100'000);
  CHECK(all.refused > 1000);
  CHECK(all.probes > 1000);
}

TEST_CASE("picks that must not be are told from those that may") {
  using balance::pick_code;
  fleet_truth truth;
  balance::heap_arena memory;
  balance::module_state hosts(storm_health, {1, 1}, memory, memory);
  const std::vector<host> list{{{1, 80}}, {{2, 80}}, {{3, 80}, 0}, {{4, 80}, 100, host_state::drain}, {{5, 80}}};
  truth.set_hosts(list);
  hosts.apply(list, {});
  for (int i = 0; i < 3; ++i) hosts.record({5, 80}, balance::outcome::failure, {});
  const auto allowed = [&](pick_code code, std::uint32_t ip, bool trial = false,
                           std::span<const endpoint> exclude = {}) {
    const balance::table_view table(hosts.view());
    const auto chosen = ip == 0 ? balance::member{} : table.at(ip - 1);
    return truth.wrong_pick(hosts.view(), {code, chosen, trial}, exclude).empty();
  };
  CHECK(allowed(pick_code::picked, 1));
  CHECK(allowed(pick_code::picked, 5, true));
  CHECK_FALSE(allowed(pick_code::picked, 1, true));
  CHECK_FALSE(allowed(pick_code::picked, 5));
  CHECK_FALSE(allowed(pick_code::picked, 3));
  CHECK_FALSE(allowed(pick_code::picked, 4));
  for (const auto code : {pick_code::all_ejected, pick_code::no_hosts, pick_code::unreadable, pick_code::elsewhere})
    CHECK_FALSE(allowed(code, 0));
  const std::vector<endpoint> first{{1, 80}};
  const std::vector<endpoint> idle{{1, 80}, {2, 80}};
  CHECK_FALSE(allowed(pick_code::picked, 1, false, first));
  CHECK(allowed(pick_code::picked, 1, false, idle));
  const std::vector<endpoint> last{{5, 80}};
  CHECK_FALSE(allowed(pick_code::picked, 5, true, last));
  // It went, and the table does not know yet.
  truth.set_hosts(std::span(list).subspan(1));
  CHECK_FALSE(allowed(pick_code::picked, 1));
  // Nobody takes calls.
  truth.set_hosts(std::span(list).subspan(2, 2));
  CHECK(allowed(pick_code::no_hosts, 0));
  CHECK_FALSE(allowed(pick_code::all_ejected, 0));
}

TEST_CASE("a transport that loses one end in fifty is found out in every storm") {
  for (const auto policy : storm_policies()) {
    const auto found = storm_of(policy, 7, 50);
    INFO(policy << ": " << found.wrong);
    CHECK(found.wrong.find("calls under way are published") != std::string::npos);
  }
}

}  // namespace lars::fleet_storm_test
