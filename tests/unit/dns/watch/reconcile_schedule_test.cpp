#include "dns/watch/reconcile_schedule.hpp"

#include <catch2/catch.hpp>

namespace lars::dns::reconcile_schedule_test {

using namespace std::chrono_literals;
namespace {
constexpr base::time_point start{100s};
}

TEST_CASE("A pass starts so early that one as long as the last ends at seven tenths of the interval") {
  reconcile_schedule schedule(10s, start);
  CHECK(schedule.next() == start + 7s);
  schedule.on_start(start + 7s);
  schedule.on_end(start + 7s, true);
  CHECK(schedule.next() == start + 14s);
  schedule.on_start(start + 14s);
  schedule.on_end(start + 15s, true);
  CHECK(schedule.next() == start + 20s);
}

TEST_CASE("Slow passes still leave the database half of the interval") {
  reconcile_schedule schedule(10s, start);
  schedule.on_start(start + 7s);
  schedule.on_end(start + 11s, true);
  CHECK(schedule.next() == start + 12s);
}

TEST_CASE("A pass longer than that is followed by the next at once") {
  reconcile_schedule schedule(10s, start);
  schedule.on_start(start + 7s);
  schedule.on_end(start + 27s, true);
  CHECK(schedule.next() == start + 27s);
}

TEST_CASE("A requested pass starts at once") {
  reconcile_schedule schedule(10s, start);
  schedule.request();
  CHECK(schedule.next() <= start);
  schedule.on_start(start + 1s);
  schedule.on_end(start + 1s, true);
  CHECK(schedule.next() == start + 8s);
}

TEST_CASE("A request during a pass leads to another one, after as long a pause as the pass took") {
  reconcile_schedule schedule(10s, start);
  schedule.on_start(start + 1s);
  schedule.request();
  schedule.on_end(start + 1600ms, true);
  CHECK(schedule.next() == start + 2200ms);
}

TEST_CASE("A pass that failed is tried again after its pause") {
  reconcile_schedule schedule(10s, start);
  schedule.on_start(start + 7s);
  schedule.on_end(start + 7s, false, 200ms);
  CHECK(schedule.next() == start + 7200ms);
}

}  // namespace lars::dns::reconcile_schedule_test
