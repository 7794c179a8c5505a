#include "share/dirty_ring_reader.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <vector>

namespace lars::dirty_ring_reader_test {

using namespace lars::share;

namespace {

constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();

// A ring as its caller writes it, and what the agent reads there.
struct shared_ring {
  void write(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto head = block.header.head.load();
      block.words[head % dirty_ring_entries] = pack({1, 2, static_cast<std::uint32_t>(head)});
      block.header.head = head + 1;
    }
  }
  bool read(dirty_ring_reader& reader, std::uint64_t& left) {
    slots.clear();
    batches.clear();
    return reader.read(left, [this](std::span<const dirty_entry> entries) {
      batches.push_back(entries.size());
      for (const auto& entry : entries) slots.push_back(entry.slot);
    });
  }
  bool read(dirty_ring_reader& reader) {
    auto left = unlimited;
    return read(reader, left);
  }

  struct memory {
    block_header header{};
    shared_word words[dirty_ring_entries]{};
  } block;
  std::vector<std::uint32_t> slots;  // of the last read
  std::vector<std::size_t> batches;
};

}  // namespace

TEST_CASE("entries are read once, in order") {
  shared_ring ring;
  dirty_ring_reader reader(ring.block.header);
  CHECK(ring.read(reader));
  CHECK(ring.slots.empty());
  ring.write(3);
  CHECK(ring.read(reader));
  CHECK(ring.slots == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(ring.read(reader));
  CHECK(ring.slots.empty());
}

TEST_CASE("entries for an earlier agent are skipped") {
  shared_ring ring;
  ring.write(5);
  dirty_ring_reader reader(ring.block.header);
  CHECK(ring.read(reader));
  CHECK(ring.slots.empty());
  ring.write(1);
  CHECK(ring.read(reader));
  CHECK(ring.slots == std::vector<std::uint32_t>{5});
}

TEST_CASE("entries come in batches") {
  shared_ring ring;
  dirty_ring_reader reader(ring.block.header);
  ring.write(2 * dirty_ring_reader::batch + 1);
  CHECK(ring.read(reader));
  CHECK(ring.batches == std::vector<std::size_t>{dirty_ring_reader::batch, dirty_ring_reader::batch, 1});
}

TEST_CASE("a full ring is read whole, an overflowed one is skipped") {
  shared_ring ring;
  dirty_ring_reader reader(ring.block.header);
  ring.write(dirty_ring_entries);
  CHECK(ring.read(reader));
  CHECK(ring.slots.size() == dirty_ring_entries);
  ring.write(dirty_ring_entries + 1);
  CHECK_FALSE(ring.read(reader));
  CHECK(ring.slots.empty());
  // What is written afterwards is read again.
  ring.write(1);
  CHECK(ring.read(reader));
  CHECK(ring.slots.size() == 1);
}

TEST_CASE("all rings of a caller share one limit; a ring over it is skipped") {
  shared_ring ring;
  shared_ring other;
  dirty_ring_reader reader(ring.block.header);
  dirty_ring_reader next(other.block.header);
  std::uint64_t left = 5;
  ring.write(3);
  other.write(3);
  CHECK(ring.read(reader, left));
  CHECK(left == 2);
  CHECK_FALSE(other.read(next, left));
  CHECK(left == 2);
  CHECK(other.slots.empty());
}

TEST_CASE("whatever a caller makes of the head, a read is bounded") {
  const auto head = GENERATE(UINT64_MAX, std::uint64_t{1} << 40, std::uint64_t{0}, std::uint64_t{300});
  shared_ring ring;
  ring.write(200);
  dirty_ring_reader reader(ring.block.header);
  ring.block.header.head = head;
  ring.read(reader);
  CHECK(ring.slots.size() <= dirty_ring_entries);
}

}  // namespace lars::dirty_ring_reader_test
