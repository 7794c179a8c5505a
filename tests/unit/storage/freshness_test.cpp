#include "storage/freshness.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace lars::storage::freshness_test {

TEST_CASE("Without a complete look there is no age, and nothing is well") {
  freshness fresh(200ms);
  fresh.on_answer(1000ms);
  CHECK_FALSE(fresh.at(1000ms).age);
  CHECK(fresh.at(1000ms).state == database_state::lost);
}

TEST_CASE("The age counts from the beginning of the last complete look") {
  freshness fresh(200ms);
  fresh.on_answer(1010ms);
  fresh.on_complete(1000ms);
  CHECK(fresh.at(1150ms).age == 150ms);
  CHECK(fresh.at(1150ms).is_well());
  fresh.on_answer(1300ms);  // of a look that is not complete
  CHECK(fresh.at(1400ms).age == 400ms);
}

TEST_CASE("A database that failed is lost until the next complete look, and the age grows meanwhile") {
  freshness fresh(200ms);
  fresh.on_answer(1000ms);
  fresh.on_complete(1000ms);
  fresh.on_lost();
  fresh.on_answer(9000ms);
  CHECK(fresh.at(9000ms).state == database_state::lost);
  CHECK(fresh.at(9000ms).age == 8000ms);
  fresh.on_complete(9000ms);
  CHECK(fresh.at(9001ms).is_well());
  fresh.on_lost(database_state::cannot_write);
  CHECK(fresh.at(9001ms).state == database_state::cannot_write);
}

TEST_CASE("A database that hangs is lost after five looks, a second at least") {
  freshness quick(20ms), slow(1000ms);
  for (auto* fresh : {&quick, &slow}) {
    fresh->on_answer(1000ms);
    fresh->on_complete(1000ms);
  }
  CHECK(quick.at(2000ms).is_well());
  CHECK(quick.at(2001ms).state == database_state::lost);
  CHECK(slow.at(6000ms).is_well());
  CHECK(slow.at(6001ms).state == database_state::lost);
  slow.use(2000ms);
  CHECK(slow.at(6001ms).is_well());
}

TEST_CASE("A look that makes progress is not lost, however long it takes") {
  freshness fresh(200ms);
  fresh.on_answer(1000ms);
  fresh.on_complete(1000ms);
  for (auto now = 1000ms; now < 60s; now += 900ms) {
    fresh.on_answer(now);
    CHECK(fresh.at(now + 899ms).is_well());
  }
  CHECK(fresh.at(60s).age == 59s);
}

}  // namespace lars::storage::freshness_test
