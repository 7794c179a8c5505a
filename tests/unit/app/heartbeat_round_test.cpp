#include "app/heartbeat_round.hpp"

#include <catch2/catch.hpp>

namespace lars::heartbeat_round_test {

using lars::app::heartbeat_round;

TEST_CASE("a round ends once every thread has beaten at least once") {
  heartbeat_round round(3);
  CHECK_FALSE(round.beat(0));
  CHECK_FALSE(round.beat(0));
  CHECK_FALSE(round.beat(2));
  CHECK(round.beat(1));
  CHECK_FALSE(round.beat(1));
  CHECK_FALSE(round.beat(2));
  CHECK(round.beat(0));
}

TEST_CASE("a round does not end while a thread is stuck") {
  heartbeat_round round(2);
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(round.beat(1));
}

}  // namespace lars::heartbeat_round_test
