#include "agent/calls/miss_queue.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

namespace lars::miss_queue_test {

using namespace lars::agent;

TEST_CASE("a batch of misses wakes once, the next one only after a drain") {
  int woken = 0;
  const auto queue = std::make_unique<miss_queue>([&](miss_queue&) { ++woken; });
  queue->flush();
  CHECK(woken == 0);
  queue->push({1, 1});
  queue->push({2, 2});
  queue->flush();
  queue->push({3, 3});
  queue->flush();
  CHECK(woken == 1);
  std::vector<std::int32_t> drained;
  queue->drain([&](route_key key) { drained.push_back(key.modid); });
  CHECK(drained == std::vector<std::int32_t>{1, 2, 3});
  queue->push({4, 4});
  queue->flush();
  CHECK(woken == 2);
}

TEST_CASE("a full queue refuses and recovers") {
  const auto queue = std::make_unique<miss_queue>([](miss_queue&) {});
  std::size_t taken = 0;
  while (queue->push({static_cast<std::int32_t>(taken), 0})) ++taken;
  CHECK(taken == miss_queue::room);
  std::size_t drained = 0;
  queue->drain([&](route_key) { ++drained; });
  CHECK(drained == taken);
  CHECK(queue->push({1, 1}));
}

}  // namespace lars::miss_queue_test
