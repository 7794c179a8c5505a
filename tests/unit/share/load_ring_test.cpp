#include "share/load_ring.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <thread>
#include <vector>

#include "share/load_writer.hpp"

namespace lars::load_ring_test {

using namespace lars::share;

namespace {

// A ring, and what its reader finds in it.
struct shared_ring {
  std::vector<told_load> read(std::uint64_t most = UINT64_MAX) {
    std::vector<told_load> found;
    reader.read(most, [&](const told_load& told) { found.push_back(told); });
    return found;
  }
  void write(std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t i = first; i < first + count; ++i) writer.add({-1, 2}, {i, 80}, {0.5, 10, 1});
  }

  struct memory {
    block_header header{};
    load_entry entries[load_places]{};
  } block;
  load_writer writer{&block.header};
  load_ring reader{block.header};
};

}  // namespace

TEST_CASE("what is written is read once, in order") {
  shared_ring ring;
  CHECK(ring.read().empty());
  ring.write(7, 2);
  const auto found = ring.read();
  REQUIRE(found.size() == 2);
  CHECK(found[0].module == route_key{-1, 2});
  CHECK(found[0].where == endpoint{7, 80});
  CHECK(found[1].where == endpoint{8, 80});
  CHECK(found[0].load.utilization == 0.5);
  CHECK(found[0].load.qps == 10);
  CHECK(found[0].load.eps == 1);
  CHECK(ring.read().empty());
}

TEST_CASE("a ring that was written over tells of the newest entries") {
  shared_ring ring;
  ring.write(0, 3 * load_places + 5);
  const auto found = ring.read();
  // The oldest lies where the next one may be being written.
  REQUIRE(found.size() == load_places - 1);
  CHECK(found.front().where.ip == 2 * load_places + 6);
  CHECK(found.back().where.ip == 3 * load_places + 4);
}

TEST_CASE("no more is read than is asked for, the rest the next time") {
  shared_ring ring;
  ring.write(0, 5);
  CHECK(ring.read(3).size() == 3);
  CHECK(ring.read(3).size() == 2);
}

TEST_CASE("what another agent was told is skipped") {
  shared_ring ring;
  ring.write(0, 5);
  ring.reader.skip();
  CHECK(ring.read().empty());
  ring.write(9, 1);
  CHECK(ring.read().size() == 1);
}

TEST_CASE("whatever its writer makes of it, a ring is read a bounded number of times") {
  shared_ring ring;
  for (const std::uint64_t head : {UINT64_MAX, std::uint64_t{1} << 40, std::uint64_t{0}, std::uint64_t{300}}) {
    ring.block.header.head = head;
    CHECK(ring.read().size() <= load_places);
  }
}

TEST_CASE("what is read while it is written is whole") {
  shared_ring ring;
  constexpr std::uint32_t reports = 200000;
  std::thread writing([&ring] {
    for (std::uint32_t i = 1; i <= reports; ++i)
      ring.writer.add({static_cast<std::int32_t>(i), 2}, {i, 80}, {i * 1.0, i * 2.0, i * 3.0});
  });
  std::uint64_t broken = 0;
  for (std::uint32_t last = 0; last < reports;) {
    for (const auto& told : ring.read()) {
      const auto i = told.where.ip;
      const bool whole = told.module == route_key{static_cast<std::int32_t>(i), 2} &&
                         told.load.utilization == i * 1.0 && told.load.qps == i * 2.0 && told.load.eps == i * 3.0;
      broken += whole && i > last ? 0 : 1;
      last = i;
    }
  }
  writing.join();
  CHECK(broken == 0);
}

}  // namespace lars::load_ring_test
