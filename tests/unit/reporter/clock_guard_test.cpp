#include "reporter/clock_guard.hpp"

#include <catch2/catch.hpp>

namespace lars::clock_guard_test {

using lars::reporter::clock_guard;
using lars::reporter::clock_reading;
using verdict = clock_guard::verdict;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t now = 1'700'000'000;
constexpr std::int64_t year = 365 * 86'400;

// Clocks that are right at `now` plus what has passed, save for what a test makes wrong.
clock_reading look(std::chrono::seconds passed, std::int64_t database_wrong = 0, std::int64_t own_wrong = 0) {
  const std::int64_t time = now + passed.count();
  return {time + database_wrong, time + own_wrong, time + own_wrong, 1000s + passed, 0};
}

}  // namespace

TEST_CASE("clocks that agree are trusted, seconds apart too") {
  clock_guard guard;
  CHECK(guard.judge(look(0s)) == verdict::trusted);
  CHECK(guard.judge(look(10s, 30)) == verdict::trusted);
  CHECK(guard.judge(look(20s, 0, 59)) == verdict::trusted);
}

TEST_CASE("whichever of the two clocks is wrong, it is not gone by") {
  for (const std::int64_t wrong : {61l, -61l, year, -year}) {
    clock_guard of_database, of_machine;
    CHECK(of_database.judge(look(0s, wrong)) == verdict::differs);
    CHECK(of_machine.judge(look(0s, 0, wrong)) == verdict::differs);
    CHECK(of_machine.judge(look(10s, 0, wrong)) == verdict::differs);
    CHECK(of_machine.judge(look(20s)) == verdict::trusted);
  }
}

TEST_CASE("the time that the answer took is no difference") {
  clock_guard guard;
  auto slow = look(0s);
  slow.after += 300;
  CHECK(clock_guard::ahead(slow) == 0);
  slow.database += 299;
  CHECK(clock_guard::ahead(slow) == 0);
  CHECK(guard.judge(slow) == verdict::trusted);
  slow.database += 100;
  CHECK(clock_guard::ahead(slow) == -99);
  CHECK(clock_guard::ahead({now, now + 7, now + 9, {}, 0}) == 7);
}

TEST_CASE("a clock that both go by and that jumps is trusted again after an hour") {
  for (const std::int64_t jump : {61l, year, -year}) {
    clock_guard guard;
    CHECK(guard.judge(look(0s)) == verdict::trusted);
    CHECK(guard.judge(look(10s, jump, jump)) == verdict::moved);
    CHECK(guard.judge(look(3609s, jump, jump)) == verdict::moved);
    CHECK(guard.judge(look(3610s, jump, jump)) == verdict::trusted);
  }
}

TEST_CASE("a clock that jumps back within the hour waits for another one") {
  clock_guard guard;
  guard.judge(look(0s));
  CHECK(guard.judge(look(10s, year, year)) == verdict::moved);
  CHECK(guard.judge(look(3000s)) == verdict::moved);
  CHECK(guard.judge(look(3700s)) == verdict::moved);
  CHECK(guard.judge(look(6600s)) == verdict::trusted);
}

TEST_CASE("a database in which nothing has happened for a day is not believed for an hour") {
  clock_guard guard;
  auto first = look(0s);
  CHECK(guard.is_first());
  first.newest = now - year;
  CHECK(guard.judge(first) == verdict::moved);
  CHECK_FALSE(guard.is_first());
  CHECK(guard.judge(look(10s)) == verdict::moved);
  CHECK(guard.judge(look(3600s)) == verdict::trusted);
  clock_guard of_another;
  first.newest = now - 3600;
  CHECK(of_another.judge(first) == verdict::trusted);
}

}  // namespace lars::clock_guard_test
