#include "agent/module_index.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "balance/heap_arena.hpp"

using namespace lars;
using namespace lars::agent;

TEST_CASE("a module that was added is found, others are not") {
  const balance::health_config health;
  balance::heap_arena memory(1u << 24);
  module_index index(memory, memory);
  CHECK(index.find({1, 1}) == nullptr);
  auto& one = index.add({1, 1}, health);
  CHECK(index.find({1, 1}) == &one);
  CHECK(index.find({-1, 1}) == nullptr);
  CHECK(index.find({0, 0}) == nullptr);
}

TEST_CASE("readers find every module that was there before they looked, while the index grows") {
  constexpr std::int32_t count = 20000;
  const balance::health_config health;
  balance::heap_arena memory(1u << 24);
  module_index index(memory, memory);
  std::atomic<std::int32_t> added{0};
  std::atomic<int> missed{0};
  std::thread reader([&] {
    for (std::int32_t seen = 0; seen < count; seen = added.load(std::memory_order_acquire))
      for (std::int32_t i = 0; i < seen; i += 97) missed += index.find({i, i}) == nullptr;
  });
  for (std::int32_t i = 0; i < count; ++i) {
    index.add({i, i}, health);
    added.store(i + 1, std::memory_order_release);
  }
  reader.join();
  CHECK(missed == 0);
  CHECK(index.size() == count);
}
