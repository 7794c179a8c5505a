#include "storage/change_stamp.hpp"

#include <catch2/catch.hpp>

namespace lars::storage::change_stamp_test {

TEST_CASE("A time of change is a stamp once transactions of its second, open for a minute, have ended") {
  CHECK_FALSE(stamp_of_time(1000, 1000));
  CHECK_FALSE(stamp_of_time(1000, 1003));
  CHECK_FALSE(stamp_of_time(1000, 1061));
  CHECK(stamp_of_time(1000, 1062) == change_stamp{1000, false});
}

TEST_CASE("A time of change that lies ahead of the clock is no stamp") { CHECK_FALSE(stamp_of_time(1100, 1000)); }

}  // namespace lars::storage::change_stamp_test
