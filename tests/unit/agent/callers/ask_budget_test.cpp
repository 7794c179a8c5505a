#include "agent/callers/ask_budget.hpp"

#include <catch2/catch.hpp>
#include <chrono>

namespace lars::agent::ask_budget_test {

using namespace std::chrono_literals;

TEST_CASE("a caller may request a burst of modules at once, then a fixed rate") {
  base::time_point now{100s};
  ask_budget budget(now);
  std::uint64_t taken = 0;
  for (std::uint64_t i = 0; i < 2 * ask_budget::burst; ++i) taken += budget.spend(now) ? 1 : 0;
  CHECK(taken == ask_budget::burst);
  now += 1s;
  taken = 0;
  for (std::uint64_t i = 0; i < ask_budget::burst; ++i) taken += budget.spend(now) ? 1 : 0;
  CHECK(taken == ask_budget::asks_a_second);
}

TEST_CASE("single requests lose no fraction of the refill time") {
  base::time_point now{100s};
  ask_budget budget(now);
  while (budget.spend(now)) continue;
  std::uint64_t taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    now += 100us;
    taken += budget.spend(now) ? 1 : 0;
  }
  CHECK(taken >= ask_budget::asks_a_second - 2);
  CHECK(taken <= ask_budget::asks_a_second + 2);
}

TEST_CASE("an unused budget does not grow beyond the burst") {
  base::time_point now{100s};
  ask_budget budget(now);
  now += 24h;
  std::uint64_t taken = 0;
  while (budget.spend(now)) ++taken;
  CHECK(taken == ask_budget::burst);
}

}  // namespace lars::agent::ask_budget_test
