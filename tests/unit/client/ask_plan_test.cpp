#include "client/ask_plan.hpp"

#include <catch2/catch.hpp>

namespace lars::ask_plan_test {

using namespace std::chrono_literals;
using lars::client::ask_plan;

namespace {

const lars::base::time_point start{100s};

}  // namespace

TEST_CASE("the first try gets half the deadline") {
  ask_plan plan({}, start);
  CHECK(plan.answer_until() == start + 500ms);
  CHECK(plan.whole_try());
}

TEST_CASE("one lost datagram is asked again, a second one is the end") {
  ask_plan plan({}, start);
  REQUIRE(plan.on_silence(start + 500ms) == ask_plan::action::ask);
  CHECK(plan.answer_until() == start + 1000ms);
  CHECK(plan.on_silence(start + 1000ms) == ask_plan::action::give_up);
}

TEST_CASE("an unknown module is asked for again three times, 50 ms apart") {
  ask_plan plan({}, start);
  auto now = start;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(plan.on_unknown_module(now) == ask_plan::action::ask_later);
    CHECK(plan.pause() == 50ms);
    now += 50ms;
    CHECK(plan.answer_until() == now + 500ms);
  }
  CHECK(plan.on_unknown_module(now) == ask_plan::action::give_up);
}

TEST_CASE("no try reaches past the deadline") {
  ask_plan plan({}, start);
  REQUIRE(plan.on_unknown_module(start + 400ms) == ask_plan::action::ask_later);
  CHECK(plan.answer_until() == start + 950ms);
  REQUIRE(plan.on_silence(start + 950ms) == ask_plan::action::ask);
  CHECK(plan.answer_until() == start + 1000ms);
  CHECK_FALSE(plan.whole_try());
}

TEST_CASE("silence after the deadline ends the question at once") {
  ask_plan plan({}, start);
  CHECK(plan.on_silence(start + 1000ms) == ask_plan::action::give_up);
}

TEST_CASE("an unknown module is not asked for again when the pause would pass the deadline") {
  ask_plan plan({}, start);
  CHECK(plan.on_unknown_module(start + 960ms) == ask_plan::action::give_up);
}

TEST_CASE("a refusal by an agent that never was there is the end") {
  ask_plan plan({}, start);
  CHECK(plan.on_refusal(start, false) == ask_plan::action::give_up);
}

TEST_CASE("an agent that was there is asked every 50 ms until the deadline") {
  ask_plan plan({}, start);
  auto now = start;
  for (int i = 0; i < 19; ++i) {
    REQUIRE(plan.on_refusal(now, true) == ask_plan::action::ask_later);
    CHECK(plan.pause() == 50ms);
    now += 50ms;
  }
  CHECK(plan.answer_until() == start + 1000ms);
  CHECK(plan.on_refusal(now, true) == ask_plan::action::give_up);
}

TEST_CASE("of a short deadline refusals leave the time for another question") {
  ask_plan plan({.deadline = 20ms}, start);
  REQUIRE(plan.on_refusal(start, true) == ask_plan::action::ask_later);
  CHECK(plan.pause() == 5ms);
}

TEST_CASE("a refusal is no lost datagram") {
  ask_plan plan({}, start);
  REQUIRE(plan.on_refusal(start, true) == ask_plan::action::ask_later);
  REQUIRE(plan.on_silence(start + 550ms) == ask_plan::action::ask);
  CHECK(plan.on_silence(start + 1000ms) == ask_plan::action::give_up);
}

}  // namespace lars::ask_plan_test
