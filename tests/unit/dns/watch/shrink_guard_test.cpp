#include "dns/watch/shrink_guard.hpp"

#include <catch2/catch.hpp>

namespace lars::dns::shrink_guard_test {

TEST_CASE("Less than half of more than a few rows is suspicious, and nothing always is") {
  CHECK(shrink_guard::is_suspicious(1, 0));
  CHECK_FALSE(shrink_guard::is_suspicious(0, 0));
  CHECK_FALSE(shrink_guard::is_suspicious(15, 1));
  CHECK(shrink_guard::is_suspicious(16, 7));
  CHECK_FALSE(shrink_guard::is_suspicious(16, 8));
  CHECK_FALSE(shrink_guard::is_suspicious(16, 1'000'000));
}

TEST_CASE("What is not suspicious is believed at the first look") {
  shrink_guard doubt(1000);
  CHECK(doubt.accepts(500));
  CHECK(doubt.reads() == 1);
}

TEST_CASE("What is suspicious is believed once two looks in a row say the same") {
  shrink_guard emptied(1000);
  CHECK_FALSE(emptied.accepts(0));
  CHECK(emptied.accepts(0));
}

TEST_CASE("A table that is being filled is waited for, but not for ever") {
  shrink_guard filling(1000);
  CHECK_FALSE(filling.accepts(0));
  CHECK_FALSE(filling.accepts(100));
  CHECK_FALSE(filling.accepts(400));
  CHECK(filling.accepts(700));

  shrink_guard slow(1'000'000);
  for (std::uint64_t look = 1; look < shrink_guard::max_reads; ++look) CHECK_FALSE(slow.accepts(look));
  CHECK(slow.accepts(shrink_guard::max_reads));
}

}  // namespace lars::dns::shrink_guard_test
