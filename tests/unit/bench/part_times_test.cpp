#include "bench/part_times.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace lars::part_times_test {

using namespace lars::bench;
using namespace std::chrono_literals;

TEST_CASE("parts at full speed follow each other at once") {
  const auto times = times_of(std::array{load_part::pick_and_report, load_part::pick_alone, load_part::one_by_one}, 2s);
  REQUIRE(times.size() == 3);
  for (std::size_t i = 0; i < times.size(); ++i) {
    CHECK(times[i].begin == static_cast<int>(i) * 2s);
    CHECK(times[i].counted == times[i].begin);
    CHECK(times[i].end == times[i].begin + 2s);
  }
}

TEST_CASE("the counted time of a paced part does not touch another part") {
  const auto times = times_of(std::array{load_part::pick_alone, load_part::paced, load_part::pick_and_report}, 3s);
  REQUIRE(times.size() == 3);
  CHECK(times[1].begin == times[0].end);
  CHECK(times[1].counted == times[1].begin + paced_lead);
  CHECK(times[1].end == times[1].counted + 3s);
  CHECK(times[2].begin == times[1].end + paced_silence);
  CHECK(times[2].end == times[2].begin + 3s);
}

TEST_CASE("no parts, no times") { CHECK(times_of({}, 1s).empty()); }

}  // namespace lars::part_times_test
