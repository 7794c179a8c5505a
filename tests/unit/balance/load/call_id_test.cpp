#include "balance/load/call_id.hpp"

#include <catch2/catch.hpp>
#include <chrono>

namespace lars::call_id_test {

using namespace lars::balance;
using namespace std::chrono_literals;
using lars::base::time_point;

TEST_CASE("an id tells its call's begin, host and cost") {
  const time_point began(1000s + 123456789ns);
  const auto id = call_id{0x12345, began, 5000}.encode();
  for (const auto age : {lars::base::duration(0), lars::base::duration(5s), lars::base::duration(2min)}) {
    const auto read = call_id::decode(id, began + age);
    REQUIRE(read);
    CHECK(began - read->began < 9us);
    CHECK(read->began <= began);
    CHECK(read->is_of(0x12345));
    CHECK_FALSE(read->is_of(0x12346));
    CHECK(read->cost == 5000);
  }
}

TEST_CASE("an id is never 0, and a cost beyond its room is not told") {
  CHECK(call_id{}.encode() != 0);
  const time_point now(7s);
  CHECK(call_id::decode(call_id{1, now, call_id::most_cost}.encode(), now)->cost == call_id::most_cost);
  CHECK(call_id::decode(call_id{1, now, UINT32_MAX}.encode(), now)->cost == 0);
  CHECK_FALSE(call_id::decode(0, now));
  CHECK_FALSE(call_id::decode(1, now));
}

}  // namespace lars::call_id_test
