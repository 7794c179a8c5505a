#include "storage/change_sign.hpp"

#include <catch2/catch.hpp>

namespace lars::storage {

TEST_CASE("A time of change is a sign once transactions of its second, open for a minute, have ended") {
  CHECK_FALSE(sign_of_time(1000, 1000));
  CHECK_FALSE(sign_of_time(1000, 1003));
  CHECK_FALSE(sign_of_time(1000, 1061));
  CHECK(sign_of_time(1000, 1062) == change_sign{1000, false});
}

TEST_CASE("A time of change that lies ahead of the clock is no sign") { CHECK_FALSE(sign_of_time(1100, 1000)); }

}  // namespace lars::storage
