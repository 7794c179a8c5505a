#include "agent/service/service_index.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <thread>
#include <vector>

#include "balance/table/heap_arena.hpp"

namespace lars::service_index_test {

using namespace lars::agent;

TEST_CASE("only added modules are found") {
  const balance::health_config health;
  balance::heap_arena memory(1u << 24);
  service_index index(memory, memory);
  CHECK(index.find({1, 1}) == nullptr);
  auto& one = index.add({1, 1}, health);
  CHECK(index.find({1, 1}) == &one);
  CHECK(index.find({-1, 1}) == nullptr);
  CHECK(index.find({0, 0}) == nullptr);
}

TEST_CASE("readers find every module added before their lookup while the index grows") {
  constexpr std::int32_t count = 20000;
  const balance::health_config health;
  balance::heap_arena memory(1u << 24);
  service_index index(memory, memory);
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

TEST_CASE("a removed module is not found, all others are, and its memory is reused") {
  const balance::health_config health;
  balance::heap_arena memory(1u << 21);
  service_index index(memory, memory);
  constexpr std::int32_t staying = 300;
  for (std::int32_t n = 0; n < staying; ++n) index.add({-1, n}, health);
  // Of a memory that has room for a few hundred.
  for (std::int32_t round = 0; round < 100; ++round) {
    for (std::int32_t n = 0; n < 100; ++n) {
      auto& one = index.add({round, n}, health);
      one.apply(std::vector<host>{{{1, 80}}, {{2, 80}}}, {});
      one.apply({}, {});
    }
    for (std::int32_t n = 0; n < 100; ++n) index.remove(*index.find({round, n}));
    index.reclaim();
    REQUIRE(index.unreclaimed() == 0);
    bool right = true;
    for (std::int32_t n = 0; n < staying; ++n) right = right && index.find({-1, n})->key() == route_key{-1, n};
    for (std::int32_t n = 0; n < 100; ++n) right = right && index.find({round, n}) == nullptr;
    REQUIRE(right);
  }
  CHECK(index.size() == staying);
  CHECK(index.removals() == 10000);
  std::size_t seen = 0;
  index.for_each([&](service_state&) { ++seen; });
  CHECK(seen == staying);
}

TEST_CASE("a large index shrinks and grows again") {
  const balance::health_config health;
  balance::heap_arena memory(1u << 24);
  service_index index(memory, memory);
  for (int round = 0; round < 3; ++round) {
    for (std::int32_t n = 0; n < 5000; ++n) index.add({n, n}, health);
    for (std::int32_t n = 4999; n >= 0; --n) index.remove(*index.find({n, n}));
    index.reclaim();
    CHECK(index.size() == 0);
    CHECK(index.unreclaimed() == 0);
    CHECK(index.find({7, 7}) == nullptr);
  }
}

TEST_CASE("a module is freed once no reader holds it and the active list was drained") {
  const balance::health_config health;
  balance::heap_arena memory(1u << 20);
  service_index index(memory, memory);
  auto& one = index.add({1, 1}, health);
  one.apply(std::vector<host>{{{1, 80}}}, {});
  reader_epochs::reader reader(index.readers());
  reader.enter();
  auto* const found = index.find({1, 1});
  REQUIRE(found == &one);
  REQUIRE(found->pick({}, {}).code == balance::pick_code::picked);
  one.apply({}, {});
  CHECK(one.is_idle());
  index.remove(one);
  index.reclaim();
  CHECK(index.unreclaimed() == 1);
  CHECK(index.find({1, 1}) == nullptr);
  CHECK(found->pick({}, {}).code == balance::pick_code::gone);
  CHECK_FALSE(found->report({{1, 80}}, balance::outcome::success, {}).known);
  CHECK(found->explain(10, base::random_source(1), {}).members == 0);
  // The pick made it active: the control loop has yet to look at it.
  reader.leave();
  index.reclaim();
  CHECK(index.unreclaimed() == 1);
  index.active().drain({}, [](service_state& active) { CHECK_FALSE(active.refresh_load({})); });
  index.reclaim();
  CHECK(index.unreclaimed() == 0);
}

TEST_CASE("readers find and use modules while others are added and removed") {
  constexpr std::int32_t staying = 50;
  constexpr std::int32_t roaming = 50;
  constexpr std::size_t most_unreclaimed = 200;
  const balance::health_config health;
  balance::heap_arena memory(1u << 20);
  service_index index(memory, memory);
  const auto add = [&](route_key key) {
    index.add(key, health).apply(std::vector<host>{{{static_cast<std::uint32_t>(key.cmdid), 80}}}, {});
  };
  for (std::int32_t n = 0; n < staying; ++n) add({0, n});
  std::atomic<bool> done{false};
  std::atomic<int> missed{0};
  std::atomic<int> strange{0};
  std::atomic<int> picked{0};
  std::vector<std::jthread> readers;
  for (unsigned t = 0; t < 3; ++t)
    readers.emplace_back([&, t] {
      reader_epochs::reader reader(index.readers());
      std::mt19937 draw(t);
      while (!done.load(std::memory_order_relaxed)) {
        reader.enter();
        for (int i = 0; i < 64; ++i) {
          const auto n = static_cast<std::int32_t>(draw() % (staying + roaming));
          auto* const found = index.find({n < staying ? 0 : 1, n});
          if (found == nullptr) {
            missed += n < staying ? 1 : 0;
            continue;
          }
          const auto result = found->pick({draw(), {}}, base::clock::now());
          if (result.code != balance::pick_code::picked) continue;
          ++picked;
          strange += result.chosen.where.ip != static_cast<std::uint32_t>(n) ? 1 : 0;
        }
        reader.leave();
      }
    });
  // Whatever ends the test ends them.
  struct end_of_reading {
    std::atomic<bool>& done;
    ~end_of_reading() { done = true; }
  } const end{done};
  std::mt19937 draw(99);
  for (int step = 0; step < 20000; ++step) {
    const route_key key{1, staying + static_cast<std::int32_t>(draw() % roaming)};
    auto* const one = index.find(key);
    if (one == nullptr) {
      add(key);
    } else {
      one->apply({}, {});
      index.remove(*one);
    }
    // A reader that waits for a processor in the middle of its batch holds all that was removed since, and the memory
    // has room for some hundreds.
    do {
      if (step % 16 == 0 || index.unreclaimed() >= most_unreclaimed) {
        index.active().drain(base::clock::now(),
                             [](service_state& active) { active.refresh_load(base::clock::now()); });
        index.reclaim();
      }
      if (index.unreclaimed() >= most_unreclaimed) std::this_thread::yield();
    } while (index.unreclaimed() >= most_unreclaimed);
    if (step % 256 == 0) std::this_thread::yield();
  }
  done = true;
  for (auto& one : readers) one.join();
  CHECK(missed == 0);
  CHECK(strange == 0);
  CHECK(picked > 100);
  index.active().drain({}, [](service_state&) {});
  index.reclaim();
  CHECK(index.unreclaimed() == 0);
}

}  // namespace lars::service_index_test
