#include "cli/fault_plan.hpp"

#include <catch2/catch.hpp>

namespace lars::fault_plan_test {

using lars::endpoint;
using lars::cli::fault_plan;

namespace {

constexpr endpoint first{1, 1}, second{2, 2};

int failures(fault_plan& plan, endpoint where, int calls) {
  int failed = 0;
  for (int i = 0; i < calls; ++i) failed += plan.next(where);
  return failed;
}

}  // namespace

TEST_CASE("exactly K of every ten calls fail") {
  for (std::uint32_t k = 0; k <= 10; ++k) {
    fault_plan plan(k);
    for (int round = 0; round < 5; ++round) CHECK(failures(plan, first, 10) == static_cast<int>(k));
  }
}

TEST_CASE("failures are spread over the ten, not bunched") {
  fault_plan plan(5);
  for (int i = 0; i < 10; ++i) CHECK(failures(plan, first, 2) == 1);
}

TEST_CASE("a share for one host does not change the others") {
  fault_plan plan(0);
  plan.fail(first, 10);
  CHECK(failures(plan, first, 20) == 20);
  CHECK(failures(plan, second, 20) == 0);
}

}  // namespace lars::fault_plan_test
