#include "net/silence.hpp"

#include <catch2/catch.hpp>

namespace lars::net {

namespace {
using namespace std::chrono_literals;
constexpr base::time_point start{100s};
}  // namespace

TEST_CASE("A peer that says nothing for the whole limit is gone, and not before") {
  silence quiet(30s, start);
  CHECK(quiet.due() == start + 30s);
  CHECK_FALSE(quiet.over(start + 29999ms));
  CHECK(quiet.over(start + 30s));
}

TEST_CASE("Whatever arrives begins the silence anew") {
  silence quiet(30s, start);
  quiet.end(start + 29s);
  CHECK(quiet.due() == start + 59s);
  CHECK_FALSE(quiet.over(start + 30s));
  CHECK_FALSE(quiet.over(start + 58s));
  CHECK(quiet.over(start + 59s));
}

TEST_CASE("A process that itself stood still does not blame its peers") {
  silence quiet(30s, start);
  CHECK_FALSE(quiet.over(start + 30s + silence::stall + 1ms));
  CHECK(quiet.due() == start + 60s + silence::stall + 1ms);
  CHECK(quiet.over(quiet.due()));
}

}  // namespace lars::net
