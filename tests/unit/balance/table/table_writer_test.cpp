#include "balance/table/table_writer.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "balance/table/heap_arena.hpp"
#include "balance/table/table_view.hpp"

namespace lars::table_writer_test {

using namespace lars::balance;

namespace {

// A table alone: no live values, a record in the same memory.
struct lone_table {
  void publish(const std::vector<member>& members) {
    REQUIRE(writer.reserve(static_cast<std::uint32_t>(members.size())));
    writer.publish(members, live, {});
  }
  table_view view() { return table_view({memory.view(), &record}); }

  heap_arena memory{1u << 20};
  module_record& record = *memory.at<module_record>(memory.allocate(sizeof(module_record)));
  live_array live{memory};
  table_writer writer{memory, record};
  bool ready = live.reserve(1);
};

// A membership whose every word is the same mark.
std::vector<member> marked(std::uint32_t mark, std::size_t size) {
  return std::vector<member>(size, member{{mark, mark}, mark, mark});
}

enum class sighting { whole, torn };

// Reads every member as a picker would, and tells whether they are all of one membership. halfway() is called there.
template <class Halfway>
sighting look_at(const table_view& view, Halfway halfway) {
  if (view.size() == 0) return sighting::whole;
  const auto first = view.at(0);
  for (std::uint32_t i = 0; i < view.size(); ++i) {
    if (i == view.size() / 2) halfway();
    const auto one = view.at(i);
    if (one != first || one.slot != one.where.ip || one.generation != one.where.port) return sighting::torn;
  }
  return sighting::whole;
}

struct hunt_result {
  int accepted = 0;
  int torn = 0;
};

// One writer that never rests, one reader, every tenth of whose looks is held up for longer than the writer needs to
// come back to the same buffer. `accept` decides whether what was read counts.
template <class Accept>
hunt_result hunt(std::chrono::milliseconds length, bool stop_at_first, Accept accept) {
  lone_table table;
  table.publish(marked(1, 600));
  std::atomic<bool> stop{false};
  std::atomic<std::uint32_t> published{1};
  std::thread writer([&] {
    for (std::uint32_t mark = 2; !stop.load(std::memory_order_relaxed); ++mark) {
      table.publish(marked(mark, 500 + mark % 100));
      published.store(mark, std::memory_order_relaxed);
    }
  });
  hunt_result result;
  int looks = 0;
  const auto hold_up = [&] {
    if (++looks % 10 != 0) return;
    const auto before = published.load(std::memory_order_relaxed);
    while (published.load(std::memory_order_relaxed) - before < 3) std::this_thread::yield();
  };
  const auto end = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < end && !(stop_at_first && result.torn > 0)) {
    const auto view = table.view();
    const auto seen = look_at(view, hold_up);
    if (!accept(view)) continue;
    ++result.accepted;
    if (seen == sighting::torn) ++result.torn;
  }
  stop.store(true, std::memory_order_relaxed);
  writer.join();
  return result;
}

}  // namespace

TEST_CASE("a table never published is empty") {
  lone_table table;
  CHECK(table.view().size() == 0);
  CHECK(table.view().intact());
}

TEST_CASE("a reader finds the members that were published last, in their order") {
  lone_table table;
  for (std::uint32_t size : {1u, 4u, 5u, 2u, 1000u, 3u, 0u, 7u}) {
    std::vector<member> members;
    for (std::uint32_t i = 0; i < size; ++i) members.push_back({{i, 80}, i, size});
    table.publish(members);
    const auto view = table.view();
    REQUIRE(view.size() == size);
    for (std::uint32_t i = 0; i < size; ++i) REQUIRE(view.at(i) == members[i]);
    CHECK(view.intact());
  }
}

TEST_CASE("a reader survives one publication and is told of the second") {
  lone_table table;
  table.publish(marked(1, 3));
  const auto view = table.view();
  table.publish(marked(2, 3));
  CHECK(view.intact());
  CHECK(view.at(0).slot == 1);
  table.publish(marked(3, 3));
  CHECK_FALSE(view.intact());
}

TEST_CASE("a reader in a table that was outgrown reads on in peace") {
  lone_table table;
  table.publish(marked(1, 3));
  const auto view = table.view();
  for (std::uint32_t i = 0; i < 5; ++i) table.publish(marked(2 + i, 1000));
  CHECK(view.intact());
  CHECK(view.at(2).slot == 1);
}

TEST_CASE("a table that cannot grow keeps its members") {
  heap_arena memory(1024);
  auto& record = *memory.at<module_record>(memory.allocate(sizeof(module_record)));
  live_array live(memory);
  REQUIRE(live.reserve(1));
  table_writer writer(memory, record);
  REQUIRE(writer.reserve(4));
  writer.publish(marked(1, 3), live, {});
  CHECK_FALSE(writer.reserve(1000));
  CHECK(table_view({memory.view(), &record}).size() == 3);
}

TEST_CASE("an index beyond the members is harmless") {
  lone_table table;
  table.publish(marked(1, 3));
  table.view().at(UINT32_MAX);
  SUCCEED();
}

TEST_CASE("a reader that re-checks the sequence never accepts a torn membership") {
  const auto result = hunt(std::chrono::milliseconds(800), false, [](const table_view& view) { return view.intact(); });
  CHECK(result.accepted > 0);
  CHECK(result.torn == 0);
}

TEST_CASE("a reader that leaves the re-check out is caught with a torn membership") {
  const auto result = hunt(std::chrono::milliseconds(2000), true, [](const table_view&) { return true; });
  CHECK(result.torn > 0);
}

}  // namespace lars::table_writer_test
