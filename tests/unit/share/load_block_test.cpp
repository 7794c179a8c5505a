#include <fcntl.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <optional>
#include <set>

#include "share/caller_counters.hpp"
#include "share/load_writer.hpp"
#include "share/segment.hpp"

namespace lars::load_block_test {

using namespace lars::share;

namespace {

constexpr std::uint64_t ring_bytes = load_places * sizeof(load_entry);

descriptor copy_of(const descriptor& file) { return descriptor(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)); }

// A caller's memory from both its sides.
struct both_sides {
  explicit both_sides(std::uint64_t bytes = first_segment) {
    auto files = make_segment(bytes).value();
    own.emplace(segment::open(copy_of(files.counters), copy_of(files.checkpoint), bytes).value());
    REQUIRE(agent.add(files, allocated_bytes(bytes)));
  }
  block_header* add(std::uint64_t count = load_places, std::uint64_t bytes = ring_bytes) {
    auto* const block = own->add_block(block_kind::loads, 0, count, bytes);
    REQUIRE(block != nullptr);
    return block;
  }
  std::set<std::uint32_t> look() {
    std::set<std::uint32_t> found;
    calls_sink nobody([](std::span<const counted_calls>) {});
    agent.look(false, nobody);
    agent.look_at_loads([&](const told_load& told) { found.insert(told.where.ip); });
    return found;
  }

  std::optional<segment> own;
  caller_counters agent;
};

}  // namespace

TEST_CASE("the agent finds a caller's ring, and what was written before it did") {
  both_sides sides;
  load_writer writer(sides.add());
  writer.add({1, 1}, {7, 80}, {0.5, 10, 1});
  CHECK(sides.look() == std::set<std::uint32_t>{7});
  writer.add({1, 1}, {8, 80}, {0.5, 10, 1});
  CHECK(sides.look() == std::set<std::uint32_t>{8});
  CHECK(sides.look().empty());
}

TEST_CASE("what was told to another agent is skipped") {
  both_sides sides;
  load_writer writer(sides.add());
  writer.add({1, 1}, {7, 80}, {0.5, 10, 1});
  sides.agent.skip_loads();
  CHECK(sides.look().empty());
  writer.add({1, 1}, {8, 80}, {0.5, 10, 1});
  CHECK(sides.look() == std::set<std::uint32_t>{8});
}

TEST_CASE("a ring of another size than a library of ours makes is rubbish") {
  both_sides sides;
  SECTION("places") { sides.add(load_places + 1, ring_bytes + 64); }
  SECTION("bytes") { sides.add(load_places, ring_bytes - 64); }
  CHECK(sides.look().empty());
  CHECK_FALSE(sides.agent.sound());
  sides.agent.skip_loads();
}

TEST_CASE("however many rings are full, a look takes a bounded number of reports, and each ring has its turn") {
  constexpr std::uint32_t rings = 40;
  both_sides sides(rings * (ring_bytes + sizeof(block_header)) + first_segment);
  std::vector<load_writer> writers;
  for (std::uint32_t i = 0; i < rings; ++i) writers.emplace_back(sides.add());
  std::set<std::uint32_t> found;
  for (int look = 0; look < 40; ++look) {
    for (std::uint32_t i = 0; i < rings; ++i)
      for (std::uint32_t n = 0; n < load_places; ++n) writers[i].add({1, 1}, {i, n}, {0.5, 10, 1});
    const auto some = sides.look();
    CHECK(some.size() < rings / 2);
    found.insert(some.begin(), some.end());
  }
  CHECK(found.size() == rings);
}

}  // namespace lars::load_block_test
