#include "cli/demo/scenario.hpp"

#include <catch2/catch.hpp>

namespace lars::scenario_test {

using namespace std::chrono_literals;
using namespace lars::cli::demo;

namespace {

phase_facts even(std::chrono::milliseconds lasted) {
  phase_facts facts;
  facts.lasted = lasted;
  facts.asks = 500;
  facts.least_share = 0.19;
  facts.most_share = 0.21;
  return facts;
}

phase_facts isolated(std::chrono::milliseconds lasted, double share) {
  auto facts = even(lasted);
  facts.isolated_after = 150ms;
  facts.failures_until_isolated = 15;
  facts.asks_since = 400;
  facts.share_since = share;
  return facts;
}

phase_facts returned(std::chrono::milliseconds lasted, double share) {
  auto facts = even(lasted);
  facts.returned_after = 400ms;
  facts.asks_since = 400;
  facts.share_since = share;
  return facts;
}

// A scenario in its phase `failing` or `healing`.
scenario at(phase which) {
  scenario plot{{}};
  REQUIRE(plot.step(even(2500ms)));
  if (which == phase::failing) return plot;
  plot.step(isolated(500ms, 0.09));
  REQUIRE(plot.step(isolated(2500ms, 0.09)));
  return plot;
}

}  // namespace

TEST_CASE("an even spread passes once it has lasted and enough calls were made") {
  scenario plot{{}};
  CHECK_FALSE(plot.step(even(2499ms)));
  auto few = even(2500ms);
  few.asks = 199;
  CHECK_FALSE(plot.step(few));
  const auto verdict = plot.step(even(2500ms));
  REQUIRE(verdict);
  CHECK(verdict->which == phase::spread);
  CHECK(verdict->passed);
  CHECK(plot.now_playing() == phase::failing);
}

TEST_CASE("an uneven spread and one without calls fail") {
  auto uneven = even(2500ms);
  uneven.least_share = 0.14;
  CHECK_FALSE(scenario{{}}.step(uneven)->passed);
  uneven = even(2500ms);
  uneven.most_share = 0.26;
  CHECK_FALSE(scenario{{}}.step(uneven)->passed);
  auto silent = even(9500ms);
  silent.asks = 0;
  CHECK_FALSE(scenario{{}}.step(silent)->passed);
}

TEST_CASE("isolation passes if it lasted and the host got only trials") {
  auto plot = at(phase::failing);
  CHECK_FALSE(plot.step(isolated(300ms, 0.09)));
  CHECK_FALSE(plot.step(isolated(2299ms, 0.09)));
  const auto verdict = plot.step(isolated(2300ms, 0.09));
  REQUIRE(verdict);
  CHECK(verdict->passed);
  CHECK(verdict->finding.find("150 ms") != std::string::npos);
  CHECK(verdict->finding.find("15 failed") != std::string::npos);
  CHECK(plot.now_playing() == phase::healing);
}

TEST_CASE("an isolated host that gets more than trials is a failure") {
  auto plot = at(phase::failing);
  plot.step(isolated(300ms, 0.15));
  CHECK_FALSE(plot.step(isolated(2300ms, 0.15))->passed);
}

TEST_CASE("a host that is not isolated in time is a failure, and so is its return") {
  auto plot = at(phase::failing);
  CHECK_FALSE(plot.step(even(6999ms)));
  CHECK_FALSE(plot.step(even(7000ms))->passed);
  REQUIRE(plot.now_playing() == phase::healing);
  CHECK_FALSE(plot.step(even(0ms))->passed);
}

TEST_CASE("a return passes if it lasted with a full share; then the scenario restarts") {
  auto plot = at(phase::healing);
  CHECK_FALSE(plot.step(returned(500ms, 0.2)));
  const auto verdict = plot.step(returned(2500ms, 0.2));
  REQUIRE(verdict);
  CHECK(verdict->passed);
  CHECK(plot.now_playing() == phase::spread);
}

TEST_CASE("a return with less than a full share, or none in time, is a failure") {
  auto plot = at(phase::healing);
  plot.step(returned(500ms, 0.1));
  CHECK_FALSE(plot.step(returned(2500ms, 0.1))->passed);
  plot = at(phase::healing);
  CHECK_FALSE(plot.step(even(7000ms))->passed);
}

TEST_CASE("a late isolation or return still gets its observation time") {
  auto plot = at(phase::failing);
  CHECK_FALSE(plot.step(isolated(6990ms, 0.09)));
  CHECK_FALSE(plot.step(isolated(7500ms, 0.09)));
  CHECK(plot.step(isolated(8990ms, 0.09))->passed);
}

}  // namespace lars::scenario_test
