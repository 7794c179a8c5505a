#include "catalog/times.hpp"

#include <catch2/catch.hpp>

namespace lars::times_test {

using namespace catalog;

TEST_CASE("a time is relative, Unix seconds or ISO 8601") {
  constexpr std::int64_t now = 1'800'000'000;
  CHECK(*parse_time("now", "from", now) == now);
  CHECK(*parse_time("-90s", "from", now) == now - 90);
  CHECK(*parse_time("-30m", "from", now) == now - 1800);
  CHECK(*parse_time("-2h", "from", now) == now - 7200);
  CHECK(*parse_time("-1d", "from", now) == now - 86400);
  CHECK(*parse_time("0", "from", now) == 0);
  CHECK(*parse_time("1700000000", "from", now) == 1'700'000'000);
  CHECK(*parse_time("2023-11-14T22:13:20Z", "from", now) == 1'700'000'000);
  CHECK(*parse_time("2023-11-14T22:13:20", "from", now) == 1'700'000'000);
  CHECK(*parse_time("2023-11-14T22:13Z", "from", now) == 1'699'999'980);
  CHECK(*parse_time("2024-02-29T00:00:00Z", "from", now) == 1'709'164'800);
}

TEST_CASE("an invalid time is refused with the allowed forms") {
  for (const char* text :
       {"", "-", "-h", "-1", "1h", "-1.5h", "-1w", "yesterday", "-99999999999999999999s", "2023-02-29T00:00Z",
        "2023-13-01T00:00Z", "2023-11-14", "2023-11-14T24:00Z", "2023-11-14 22:13Z", "99999999999999"}) {
    INFO(text);
    const auto refused = parse_time(text, "from", 0);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.starts_with("from is '"));
  }
}

TEST_CASE("a step is one of three") {
  CHECK(*parse_step("10") == 10);
  CHECK(*parse_step("10s") == 10);
  CHECK(*parse_step("1m") == 60);
  CHECK(*parse_step("3600") == 3600);
  for (const char* text : {"", "5", "2m", "1d", "m"}) CHECK_FALSE(parse_step(text));
}

TEST_CASE("the default step shows the period in at most 120 rows, if possible") {
  CHECK(fitting_step(1) == 10);
  CHECK(fitting_step(1200) == 10);
  CHECK(fitting_step(1201) == 60);
  CHECK(fitting_step(7200) == 60);
  CHECK(fitting_step(7201) == 3600);
  CHECK(fitting_step(400 * 86400) == 3600);
}

TEST_CASE("times are formatted as ISO 8601") {
  CHECK(format_time(1'700'000'000) == "2023-11-14T22:13:20Z");
  CHECK(format_time(0) == "1970-01-01T00:00:00Z");
}

}  // namespace lars::times_test
