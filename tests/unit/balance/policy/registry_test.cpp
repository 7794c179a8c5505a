#include "balance/policy/registry.hpp"
#include "balance/health/health_settings.hpp"

#include <catch2/catch.hpp>
#include <set>

namespace lars::registry_test {

using namespace lars::balance;
using namespace std::chrono_literals;

TEST_CASE("each name and alias means one policy, and the numbers of the table are those of the catalog") {
  std::set<std::string_view> names;
  for (const auto* policy : all_policies()) {
    const auto& one = *policy;
    CHECK(names.insert(one.name).second);
    CHECK(canonical_name(one.name) == one.name);
    for (const auto& [alias, apply] : one.aliases) {
      CHECK(names.insert(alias).second);
      CHECK(canonical_name(alias) == one.name);
      CHECK(make_policy(alias, {}).value().kind == make_policy(one.name, {}).value().kind);
    }
  }
  CHECK(make_policy("", {}).value().kind == policy_kind::p2c);
  CHECK(make_policy("rr", {}).value().kind == policy_kind::round_robin);
  CHECK(make_policy("wrr", {}).value().kind == policy_kind::weighted_round_robin);
  CHECK(make_policy("random", {}).value().kind == policy_kind::random);
  CHECK(make_policy("wr", {}).value().kind == policy_kind::weighted_random);
  CHECK(make_policy("least_request", {}).value().kind == policy_kind::least_request);
  CHECK(make_policy("ralb", {}).value().kind == policy_kind::ralb);
  CHECK(make_policy("lars", {}).value().kind == policy_kind::lars);
}

TEST_CASE("an alias may say more than which policy") {
  CHECK(make_policy("lc", {}).value().rule == request_rule::plain);
  CHECK(make_policy("wlc", {}).value().rule == request_rule::weighted);
  CHECK(make_policy("sed", {}).value().rule == request_rule::shortest_delay);
  CHECK(make_policy("nq", {}).value().rule == request_rule::never_queue);
  CHECK(make_policy("nq", {}).value().choices == 0);
}

TEST_CASE("parameters become settings, each default is what the catalog says") {
  const auto made = make_policy("p2c", {{"tau", "1.5s"}, {"choices", "4"}, {"weights", "static"}}).value();
  CHECK(made.tau == 1500ms);
  CHECK(made.choices == 4);
  CHECK_FALSE(made.follow_reports);
  for (const auto* each : all_policies()) {
    const auto& policy = *each;
    base::setting_map all;
    for (const auto& one : policy.parameters) all[std::string(one.name)] = one.fallback;
    CHECK(make_policy(policy.name, all).value() == make_policy(policy.name, {}).value());
  }
}

TEST_CASE("settings are told as the parameters that make them") {
  for (const auto* each : all_policies()) {
    const auto& policy = *each;
    const auto told = parameters_of(make_policy(policy.name, {}).value());
    CHECK(told.size() == policy.parameters.size());
    for (const auto& one : policy.parameters) CHECK(told.at(std::string(one.name)) == one.fallback);
  }
  const base::setting_map given{{"tau", "1.5s"},       {"error_latency", "2.5ms"}, {"choices", "4"},
                                {"weights", "static"}, {"window", "60s"},          {"max_adjust_ratio", "3.25"},
                                {"recover", "0.01"},   {"error_penalty", "10"}};
  CHECK(parameters_of(make_policy("p2c", given).value()) == given);
}

TEST_CASE("what is not allowed is refused with what is") {
  const auto refused = [](std::string_view name, const base::setting_map& parameters) {
    const auto made = make_policy(name, parameters);
    return made ? std::string() : made.error().detail;
  };
  CHECK(refused("p3c", {}) ==
        "policy is 'p3c', allowed: p2c, round_robin, weighted_round_robin, random, weighted_random, "
        "least_request, ralb, lars");
  CHECK(refused("rr", {{"tau", "1s"}}) == "parameter.tau is unknown; there are: none");
  CHECK(refused("ralb", {{"recover", "2"}}) == "parameter.recover is '2', allowed: number 0.01 .. 1");
  for (const auto* const wrong : {"", "10", "s", "-1s", "1e99s", "99ms", "11m", "1s ", "nans", "1x"})
    CHECK(refused("p2c", {{"tau", wrong}}) != "");
  for (const auto* const wrong : {"1", "65", "-2", "2.5", "two", ""}) CHECK(refused("p2c", {{"choices", wrong}}) != "");
  for (const auto* const wrong : {"nan", "inf", "0", "101"})
    CHECK(refused("ralb", {{"max_adjust_ratio", wrong}}) != "");
}

TEST_CASE("health settings go on top of those of the configuration") {
  health_config base;
  base.probe_num = 3;
  const auto made = make_health(base, {{"contin_err_limit", "5"}, {"idle_timeout", "60"}}).value();
  CHECK(made.probe_num == 3);
  CHECK(made.contin_err_limit == 5);
  CHECK(made.idle_timeout == 60s);
  CHECK(make_health(base, {{"contin_err_limit", "0"}}).error().detail ==
        "health.contin_err_limit is '0', allowed: whole number 1 .. 1000000");
  CHECK_FALSE(make_health(base, {{"errrate", "0"}}));
  base::setting_map all;
  for (const auto& one : all_health_settings()) all[std::string(one.name)] = one.fallback;
  const auto defaults = make_health(base, all).value();
  CHECK(defaults.probe_num == health_config().probe_num);
  CHECK(defaults.overload_timeout == health_config().overload_timeout);
}

}  // namespace lars::registry_test
