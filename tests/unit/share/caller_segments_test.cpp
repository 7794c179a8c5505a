#include "share/caller_segments.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "share/segment.hpp"
#include "share/thread_counters.hpp"

namespace lars::caller_segments_test {

using namespace lars::share;

namespace {

constexpr std::uint64_t enough_bytes = 1u << 20;
constexpr std::uint64_t ring_bytes = dirty_ring_entries * sizeof(shared_word);

descriptor copy_of(const descriptor& file) { return descriptor(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)); }

// A segment from both its sides.
struct both_sides {
  both_sides() { REQUIRE(agent.add(files, enough_bytes)); }

  block_header* add_block(block_kind kind, std::uint64_t count, std::uint64_t bytes, std::uint64_t key = 0) {
    return caller.add_block(kind, key, count, bytes);
  }
  block_header* add_counters(std::uint64_t slots, std::uint64_t key = balance::join(1, 2)) {
    return add_block(block_kind::counters, slots, slots_bytes(slots), key);
  }

  segment_files files = make_segment(first_segment).value();
  segment caller = segment::open(copy_of(files.counters), copy_of(files.checkpoint), first_segment).value();
  caller_segments agent;
};

// The location that one entry leads to.
caller_segments::location locate(const caller_segments& in, dirty_entry entry) {
  std::array<caller_segments::location, dirty_ring_reader::batch> found;
  in.locate(std::span(&entry, 1), found);
  return found[0];
}

}  // namespace

TEST_CASE("an empty segment has no blocks") {
  both_sides sides;
  CHECK(sides.agent.parse());
  CHECK(sides.agent.blocks().empty());
  CHECK(sides.agent.slots() == 0);
}

TEST_CASE("blocks are parsed by kind, once each") {
  both_sides sides;
  sides.add_block(block_kind::dirty_ring, dirty_ring_entries, ring_bytes);
  sides.add_block(block_kind::loads, load_places, load_places * sizeof(load_entry));
  sides.add_counters(4);
  REQUIRE(sides.agent.parse());
  REQUIRE(sides.agent.parse());
  CHECK(sides.agent.dirty_rings().size() == 1);
  CHECK(sides.agent.load_rings().size() == 1);
  REQUIRE(sides.agent.blocks().size() == 1);
  CHECK(sides.agent.blocks()[0].key == route_key{1, 2});
  CHECK(sides.agent.blocks()[0].slots == 4);
  CHECK(sides.agent.slots() == 4);
  // A block that is added later is found later.
  sides.add_counters(3, balance::join(7, 8));
  REQUIRE(sides.agent.parse());
  REQUIRE(sides.agent.blocks().size() == 2);
  CHECK(sides.agent.blocks()[1].key == route_key{7, 8});
  CHECK(sides.agent.slots() == 7);
}

TEST_CASE("a header is read once: what a caller makes of it later has no effect") {
  both_sides sides;
  auto* const block = sides.add_counters(4);
  REQUIRE(sides.agent.parse());
  block->count = 1u << 20;
  block->bytes = 0;
  block->key = 0;
  REQUIRE(sides.agent.parse());
  CHECK(sides.agent.blocks()[0].slots == 4);
  CHECK(sides.agent.blocks()[0].key == route_key{1, 2});
}

TEST_CASE("a block that no library writes makes the memory corrupt for good") {
  both_sides sides;
  auto* const good = sides.add_counters(4);
  REQUIRE(good != nullptr);
  REQUIRE(sides.agent.parse());
  auto* const bad = sides.add_counters(4);
  REQUIRE(bad != nullptr);
  const auto bytes = bad->bytes.load();
  SECTION("it is shorter than its header") { bad->bytes = sizeof(block_header) - 1; }
  SECTION("it is not aligned") { bad->bytes = bytes + 8; }
  SECTION("it reaches beyond the segment") { bad->bytes = first_segment; }
  SECTION("it has no room for its slots") { bad->count = 5 + (bytes - sizeof(block_header)) / sizeof(counter_slot); }
  SECTION("it is a dirty ring of another length") { bad->kind = static_cast<std::uint64_t>(block_kind::dirty_ring); }
  SECTION("it is a dirty ring without room for its entries") {
    bad->kind = static_cast<std::uint64_t>(block_kind::dirty_ring);
    bad->count = dirty_ring_entries;
  }
  SECTION("it is a ring of load reports of another length") {
    bad->kind = static_cast<std::uint64_t>(block_kind::loads);
  }
  SECTION("it is a ring of load reports without room for its entries") {
    bad->kind = static_cast<std::uint64_t>(block_kind::loads);
    bad->count = load_places;
  }
  CHECK_FALSE(sides.agent.parse());
  // Neither is the block read, nor one after a repair.
  CHECK(sides.agent.blocks().size() == 1);
  bad->bytes = bytes;
  bad->count = 4;
  bad->kind = static_cast<std::uint64_t>(block_kind::counters);
  CHECK_FALSE(sides.agent.parse());
  CHECK(sides.agent.blocks().size() == 1);
}

TEST_CASE("a block of a kind that a later library has is skipped") {
  both_sides sides;
  auto* const later = sides.add_counters(4);
  REQUIRE(later != nullptr);
  later->kind = 9;
  REQUIRE(sides.add_counters(4) != nullptr);
  REQUIRE(sides.agent.parse());
  CHECK(sides.agent.blocks().size() == 1);
}

TEST_CASE("a dirty entry leads to the slot that it names") {
  both_sides sides;
  auto* const block = sides.add_counters(4);
  const auto position = sides.caller.position_of(*block);
  REQUIRE(sides.agent.parse());
  const auto found = locate(sides.agent, {0, position, 3});
  REQUIRE(found.block == &sides.agent.blocks()[0]);
  CHECK(found.slot == 3);
  // Both sides see the same slot.
  auto* const slots = reinterpret_cast<counter_slot*>(block + 1);
  slots[3].picks = 42;
  CHECK(sides.agent.slot(*found.block, 3).picks == 42);
}

TEST_CASE("a dirty entry that names no slot leads nowhere") {
  both_sides sides;
  const auto position = sides.caller.position_of(*sides.add_counters(4));
  const auto ring = sides.caller.position_of(*sides.add_block(block_kind::dirty_ring, dirty_ring_entries, ring_bytes));
  REQUIRE(sides.agent.parse());
  CHECK(locate(sides.agent, {1, position, 0}).block == nullptr);    // no such segment
  CHECK(locate(sides.agent, {0, position, 4}).block == nullptr);    // no such slot
  CHECK(locate(sides.agent, {0, ring, 0}).block == nullptr);        // a block without slots
  CHECK(locate(sides.agent, {0, UINT32_MAX, 0}).block == nullptr);  // beyond the segment
}

TEST_CASE("checkpoint entries belong to one slot each") {
  both_sides sides;
  sides.add_counters(2);
  sides.add_counters(2);
  REQUIRE(sides.agent.parse());
  std::uint64_t mark = 0;
  for (const auto& block : sides.agent.blocks())
    for (std::uint32_t slot = 0; slot < block.slots; ++slot) sides.agent.entry(block, slot).picks = ++mark;
  std::vector<std::uint64_t> marks;
  for (const auto& block : sides.agent.blocks())
    for (std::uint32_t slot = 0; slot < block.slots; ++slot) marks.push_back(sides.agent.entry(block, slot).picks);
  CHECK(marks == std::vector<std::uint64_t>{1, 2, 3, 4});
}

TEST_CASE("segments are limited in number and in bytes") {
  caller_segments segments;
  // One byte too few for a segment and its checkpoint.
  const auto one = allocated_bytes(first_segment);
  CHECK(segments.add(*make_segment(first_segment), one - 1).error().code == errc::too_large);
  CHECK(segments.size() == 0);
  CHECK(segments.bytes() == 0);
  // Room for one.
  CHECK(segments.add(*make_segment(first_segment), one));
  CHECK(segments.bytes() == one);
  CHECK(segments.counters_bytes() == first_segment);
  CHECK(segments.add(*make_segment(first_segment), one).error().code == errc::too_large);
  // Room for any number of bytes.
  while (segments.size() < most_segments) REQUIRE(segments.add(*make_segment(first_segment), 1u << 30));
  CHECK(segments.add(*make_segment(first_segment), 1u << 30).error().code == errc::too_large);
  CHECK(segments.size() == most_segments);
}

TEST_CASE("memory keeps the name of its first segment") {
  caller_segments segments;
  CHECK(segments.name() == 0);
  REQUIRE(segments.add(*make_segment(first_segment), enough_bytes));
  const auto name = segments.name();
  CHECK(name != 0);
  REQUIRE(segments.add(*make_segment(first_segment), enough_bytes));
  CHECK(segments.name() == name);
  both_sides other;
  CHECK(other.agent.name() != name);
}

}  // namespace lars::caller_segments_test
