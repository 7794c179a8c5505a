#include "net/silence.hpp"

#include <catch2/catch.hpp>

namespace lars::net::silence_test {

namespace {
using namespace std::chrono_literals;
constexpr base::time_point start{100s};
}  // namespace

TEST_CASE("silence is over after the whole limit without input, not before") {
  silence quiet(30s, start);
  CHECK(quiet.due() == start + 30s);
  CHECK_FALSE(quiet.over(start + 29999ms));
  CHECK(quiet.over(start + 30s));
}

TEST_CASE("any input restarts the period") {
  silence quiet(30s, start);
  quiet.end(start + 29s);
  CHECK(quiet.due() == start + 59s);
  CHECK_FALSE(quiet.over(start + 30s));
  CHECK_FALSE(quiet.over(start + 58s));
  CHECK(quiet.over(start + 59s));
}

TEST_CASE("a stall of our own process does not count as silence of the peer") {
  silence quiet(30s, start);
  CHECK_FALSE(quiet.over(start + 30s + silence::stall + 1ms));
  CHECK(quiet.due() == start + 60s + silence::stall + 1ms);
  CHECK(quiet.over(quiet.due()));
}

}  // namespace lars::net::silence_test
