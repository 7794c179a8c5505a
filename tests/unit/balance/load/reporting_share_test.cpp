#include "balance/load/reporting_share.hpp"

#include <catch2/catch.hpp>

namespace lars::reporting_share_test {

using lars::balance::reporting_share;

TEST_CASE("callers are believed to report until many calls say otherwise") {
  reporting_share share;
  CHECK(share.enough());
  share.note(0, 19);
  CHECK(share.enough());
  share.note(0, 1);
  CHECK_FALSE(share.enough());
}

TEST_CASE("half of the calls is enough") {
  reporting_share share;
  share.note(500, 500);
  CHECK(share.enough());
  share.note(0, 1);
  CHECK_FALSE(share.enough());
}

TEST_CASE("callers that begin to report are believed again, however long they did not") {
  reporting_share share;
  for (int i = 0; i < 1000; ++i) share.note(0, 1000);
  CHECK_FALSE(share.enough());
  for (int i = 0; i < 6; ++i) share.note(1000, 0);
  CHECK(share.enough());
}

}  // namespace lars::reporting_share_test
