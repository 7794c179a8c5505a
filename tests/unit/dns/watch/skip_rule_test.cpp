#include "dns/watch/skip_rule.hpp"

#include <catch2/catch.hpp>

namespace lars::dns::skip_rule_test {

using namespace std::chrono_literals;
using storage::change_stamp;
namespace {
constexpr base::time_point start{100s};
constexpr change_stamp exact{7, true};
constexpr change_stamp vague{7, false};
}  // namespace

TEST_CASE("Nothing is skipped before a first comparison, without a sign, or where the sign moved") {
  skip_rule still;
  CHECK_FALSE(still.covers(exact, start));
  CHECK_FALSE(still.covers(std::nullopt, start));
  still.on_compared(exact, start);
  CHECK(still.covers(exact, start));
  CHECK_FALSE(still.covers(std::nullopt, start));
  CHECK_FALSE(still.covers(change_stamp{8, true}, start));
  CHECK_FALSE(still.covers(change_stamp{6, true}, start));
}

TEST_CASE("A comparison that began without a sign covers nothing later") {
  skip_rule still;
  still.on_compared(std::nullopt, start);
  CHECK_FALSE(still.covers(std::nullopt, start));
  CHECK_FALSE(still.covers(vague, start));
}

TEST_CASE("An exact sign is believed for good, another one for half a minute after a comparison") {
  skip_rule still;
  still.on_compared(exact, start);
  CHECK(still.covers(exact, start + 24h));
  still.on_compared(vague, start);
  CHECK(still.covers(vague, start + skip_rule::max_age - 1ms));
  CHECK_FALSE(still.covers(vague, start + skip_rule::max_age));
  still.on_compared(vague, start + 35s);
  CHECK(still.covers(vague, start + 60s));
}

TEST_CASE("What was forgotten is compared again") {
  skip_rule still;
  still.on_compared(exact, start);
  still.forget();
  CHECK_FALSE(still.covers(exact, start));
}

}  // namespace lars::dns::skip_rule_test
