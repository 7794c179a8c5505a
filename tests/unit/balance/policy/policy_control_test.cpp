#include "balance/policy/policy_control.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <vector>

namespace lars::policy_control_test {

using namespace lars::balance;
using namespace std::chrono_literals;
using lars::host;
using lars::host_state;
using lars::base::time_point;

namespace {

struct four_hosts {
  struct record {
    host_signals signals;
  };

  explicit four_hosts(const policy_settings& settings = {}) {
    for (std::uint32_t slot = 0; slot < 4; ++slot) {
      members.push_back({{slot + 1, 80}, slot, slot + 1});
      set(slot, lars::default_weight);
      control.join(hosts[slot].signals, host{members[slot].where});
    }
    control.use(settings, view());
  }
  void set(std::uint32_t slot, std::uint32_t weight, verdict health = verdict::idle) {
    live[slot].value = pack({slot + 1, static_cast<std::uint16_t>(weight), host_state::up, health});
  }
  policy_hosts view() { return {members, {std::span(hosts), &record::signals}, live.data()}; }
  void report(std::uint32_t slot, double utilization) {
    control.report_load(hosts[slot].signals, {utilization, 100, 0}, view(), now);
  }
  policy_control::window_change end_window() { return control.end_window(view(), {4, 0}, now); }
  std::size_t reporting() { return policy_control::count_reporting(members, view().signals, live.data(), now); }
  double weight(std::uint32_t slot) const { return hosts[slot].signals.weight.value; }

  time_point now{1000s};
  policy_control control;
  std::vector<record> hosts{4};
  std::array<live_slot, 4> live{};
  std::vector<member> members;
};

const policy_settings ralb{.kind = policy_kind::ralb};

}  // namespace

TEST_CASE("p2c follows reports from the share of hosts at which there are enough, until there are too few") {
  four_hosts module;
  module.report(0, 0.5);
  module.report(1, 0.5);
  CHECK_FALSE(module.end_window().mode);
  CHECK_FALSE(module.control.published().by_weight);
  module.report(2, 0.5);
  const auto begins = module.end_window();
  CHECK(begins.mode);
  CHECK(begins.publish);
  CHECK(module.control.published().by_weight);
  // Two of four are enough to go on with, one is not.
  module.now += 9s;
  module.report(0, 0.5);
  module.report(1, 0.5);
  module.now += 2s;
  CHECK_FALSE(module.end_window().mode);
  module.now += 7s;
  module.report(0, 0.5);
  module.now += 2s;
  CHECK(module.end_window().mode);
  CHECK_FALSE(module.control.published().by_weight);
}

TEST_CASE("p2c with static weights does not follow reports") {
  four_hosts module({.follow_reports = false});
  for (std::uint32_t slot = 0; slot < 4; ++slot) module.report(slot, 0.5);
  CHECK_FALSE(module.control.follows_load());
  CHECK_FALSE(module.end_window().publish);
}

TEST_CASE("a report counts for ten seconds, of hosts that take calls") {
  four_hosts module;
  module.report(0, 0.5);
  module.report(1, 0.5);
  CHECK(module.reporting() == 2);
  module.set(1, 0);
  CHECK(module.reporting() == 1);
  module.now += 10s;
  CHECK(module.reporting() == 0);
}

TEST_CASE("a report that says nothing is no report") {
  four_hosts module;
  module.report(0, 0);
  CHECK(module.reporting() == 0);
  CHECK_FALSE(module.control.follows_load());
}

TEST_CASE("ralb moves weights at the end of each window, to be published") {
  four_hosts module(ralb);
  for (std::uint32_t slot = 0; slot < 4; ++slot) module.report(slot, slot == 0 ? 0.8 : 0.4);
  CHECK(module.end_window().publish);
  CHECK(module.weight(0) < module.weight(1));
  CHECK(module.control.weights(module.view())[0] == module.weight(0));
}

TEST_CASE("a host that joins others that have told of their load begins with less") {
  four_hosts module(ralb);
  for (std::uint32_t slot = 0; slot < 4; ++slot) module.report(slot, 0.5);
  host_signals joined;
  module.control.begin_list(module.view());
  module.control.join(joined, host{{9, 80}});
  CHECK(joined.weight.value == Approx(1));
  module.end_window();
  module.control.begin_list(module.view());
  module.control.join(joined, host{{9, 80}});
  CHECK(joined.weight.value == Approx(ralb.recover));
  module.control.join(joined, host{{9, 80}, lars::default_weight, host_state::drain});
  CHECK(joined.weight.value == 0);
}

TEST_CASE("the first report finds the weights of the routes") {
  four_hosts module;
  module.set(1, 2 * lars::default_weight);
  module.set(2, lars::default_weight, verdict::ejected);
  module.report(0, 0.5);
  CHECK(module.weight(1) == Approx(2));
  CHECK(module.weight(2) == 0);
}

TEST_CASE("static weights are those of hosts that take calls; policies without weights have none") {
  four_hosts weighted({.kind = policy_kind::weighted_random});
  weighted.set(1, 7);
  weighted.set(2, 0);
  const double usual = lars::default_weight;
  CHECK(weighted.control.weights(weighted.view()) == std::vector<double>{usual, 7, 0, usual});
  four_hosts even({.kind = policy_kind::random});
  CHECK(even.control.weights(even.view()).empty());
}

TEST_CASE("another policy begins in its first mode") {
  four_hosts module;
  for (std::uint32_t slot = 0; slot < 4; ++slot) module.report(slot, 0.5);
  REQUIRE(module.end_window().mode);
  module.control.use({.choices = 3}, module.view());
  CHECK_FALSE(module.control.published().by_weight);
  CHECK(module.control.published().choices == 3);
  CHECK(module.control.observed().compares);
  module.control.use({.kind = policy_kind::lars}, module.view());
  CHECK(module.control.numbers_changes());
  CHECK_FALSE(module.control.observed().compares);
}

}  // namespace lars::policy_control_test
