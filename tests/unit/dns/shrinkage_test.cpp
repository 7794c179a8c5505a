#include "dns/shrinkage.hpp"

#include <catch2/catch.hpp>

namespace lars::dns {

TEST_CASE("Less than half of more than a few rows is suspicious, and nothing always is") {
  CHECK(shrinkage::is_suspicious(1, 0));
  CHECK_FALSE(shrinkage::is_suspicious(0, 0));
  CHECK_FALSE(shrinkage::is_suspicious(15, 1));
  CHECK(shrinkage::is_suspicious(16, 7));
  CHECK_FALSE(shrinkage::is_suspicious(16, 8));
  CHECK_FALSE(shrinkage::is_suspicious(16, 1'000'000));
}

TEST_CASE("What is not suspicious is believed at the first look") {
  shrinkage doubt(1000);
  CHECK(doubt.believes(500));
  CHECK(doubt.looks() == 1);
}

TEST_CASE("What is suspicious is believed once two looks in a row say the same") {
  shrinkage emptied(1000);
  CHECK_FALSE(emptied.believes(0));
  CHECK(emptied.believes(0));
}

TEST_CASE("A table that is being filled is waited for, but not for ever") {
  shrinkage filling(1000);
  CHECK_FALSE(filling.believes(0));
  CHECK_FALSE(filling.believes(100));
  CHECK_FALSE(filling.believes(400));
  CHECK(filling.believes(700));

  shrinkage slow(1'000'000);
  for (std::uint64_t look = 1; look < shrinkage::most_looks; ++look) CHECK_FALSE(slow.believes(look));
  CHECK(slow.believes(shrinkage::most_looks));
}

}  // namespace lars::dns
