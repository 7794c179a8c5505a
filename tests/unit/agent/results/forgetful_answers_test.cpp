#include "agent/results/forgetful_answers.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lars::forgetful_answers_test {

using namespace std::chrono_literals;
using agent::forgetful_answers;

namespace {

const base::time_point start = base::time_point{} + 1h;
const auto one = *base::agent_id::from_bytes(std::string(16, 'a'));
const auto other = *base::agent_id::from_bytes(std::string(16, 'b'));

}  // namespace

TEST_CASE("lost batches are assumed after half a minute of such answers") {
  forgetful_answers answers;
  for (auto at = 0s; at < 30s; at += 1s) CHECK_FALSE(answers.record(one, start + at));
  CHECK_FALSE(answers.record(other, start + 29s));
  CHECK(answers.record(one, start + 30s));
  CHECK_FALSE(answers.record(one, start + 31s));
}

TEST_CASE("a commit in between proves that nothing was lost") {
  forgetful_answers answers;
  for (auto at = 0s; at <= 60s; at += 5s) {
    CHECK_FALSE(answers.record(one, start + at));
    if (at == 25s || at == 50s) answers.clear(one);
  }
}

TEST_CASE("answers far apart do not add up") {
  forgetful_answers answers;
  for (auto at = 0s; at < 200s; at += 11s) CHECK_FALSE(answers.record(one, start + at));
}

TEST_CASE("while in doubt, batches are resent once a second") {
  forgetful_answers answers;
  CHECK_FALSE(answers.due(start));
  answers.record(one, start);
  CHECK(answers.due(start));
  CHECK_FALSE(answers.due(start + 999ms));
  CHECK(answers.due(start + 1s));
  answers.clear(one);
  CHECK_FALSE(answers.due(start + 5s));
}

}  // namespace lars::forgetful_answers_test
