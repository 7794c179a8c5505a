#include "lab/event_queue.hpp"

#include <catch2/catch.hpp>

#include "base/random.hpp"

namespace lars::event_queue_test {

using namespace lars::lab;

TEST_CASE("events come in order of time, events of one instant in the order of their push") {
  event_queue queue;
  lars::base::random_source random(7);
  for (std::uint32_t i = 0; i < 5000; ++i) queue.push(instant(random.below(300)), event_kind::arrival, i);
  event last = queue.pop();
  for (int i = 1; i < 5000; ++i) {
    const event next = queue.pop();
    REQUIRE((next.at > last.at || (next.at == last.at && next.subject > last.subject)));
    last = next;
  }
  CHECK(queue.empty());
}

TEST_CASE("each event has an order of its own") {
  event_queue queue;
  const auto first = queue.push(instant(9), event_kind::reply, 1);
  const auto second = queue.push(instant(3), event_kind::reply, 1);
  CHECK(first != second);
  CHECK(queue.pop().order == second);
  CHECK(queue.pop().order == first);
}

}  // namespace lars::event_queue_test
