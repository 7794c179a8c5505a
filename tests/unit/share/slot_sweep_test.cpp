#include "share/slot_sweep.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <utility>
#include <vector>

namespace lars::slot_sweep_test {

using namespace lars::share;

namespace {

using visits = std::vector<std::pair<std::int32_t, std::uint32_t>>;  // module and slot

counter_block block_of(std::int32_t modid, std::uint32_t slots) {
  counter_block block;
  block.key = {modid, 1};
  block.slots = slots;
  return block;
}

visits visit(slot_sweep& sweep, const std::vector<counter_block>& blocks, std::size_t slots) {
  visits seen;
  sweep.visit(blocks, slots,
              [&](const counter_block& block, std::uint32_t slot) { seen.emplace_back(block.key.modid, slot); });
  return seen;
}

std::uint64_t catch_up(slot_sweep& sweep, const std::vector<counter_block>& blocks, std::uint64_t slots) {
  std::uint64_t seen = 0;
  sweep.catch_up(blocks, slots, [&](const counter_block&, std::uint32_t) { ++seen; });
  return seen;
}

}  // namespace

TEST_CASE("a sweep goes on where it stopped and begins again after the last slot") {
  slot_sweep sweep;
  const std::vector blocks{block_of(1, 2), block_of(2, 1)};
  CHECK(visit(sweep, blocks, 1) == visits{{1, 0}});
  CHECK(visit(sweep, blocks, 3) == visits{{1, 1}, {2, 0}, {1, 0}});
}

TEST_CASE("without blocks there is nothing to visit") {
  slot_sweep sweep;
  CHECK(visit(sweep, {}, 10).empty());
}

TEST_CASE("a block without slots takes one step, so that a sweep over many of them is bounded") {
  slot_sweep sweep;
  const std::vector blocks{block_of(1, 0), block_of(2, 1), block_of(3, 0)};
  CHECK(visit(sweep, blocks, 1).empty());
  CHECK(visit(sweep, blocks, 2) == visits{{2, 0}});
  CHECK(visit(sweep, blocks, 2) == visits{{2, 0}});
}

TEST_CASE("blocks that are added are visited in their turn") {
  slot_sweep sweep;
  std::vector blocks{block_of(1, 1)};
  CHECK(visit(sweep, blocks, 1) == visits{{1, 0}});
  blocks.push_back(block_of(2, 1));
  CHECK(visit(sweep, blocks, 1) == visits{{2, 0}});
}

TEST_CASE("a sweep catches up once after entries were lost") {
  slot_sweep sweep;
  const std::vector blocks{block_of(1, 5)};
  CHECK(catch_up(sweep, blocks, 5) == 0);
  sweep.lose_entries();
  CHECK(catch_up(sweep, blocks, 5) == 5);
  CHECK(catch_up(sweep, blocks, 5) == 0);
}

TEST_CASE("catching up is spread over several calls") {
  constexpr std::uint64_t slots = slot_sweep::most_to_catch_up + 10;
  slot_sweep sweep;
  const std::vector blocks{block_of(1, static_cast<std::uint32_t>(slots))};
  sweep.lose_entries();
  CHECK(catch_up(sweep, blocks, slots) == slot_sweep::most_to_catch_up);
  CHECK(catch_up(sweep, blocks, slots) == 10);
  CHECK(catch_up(sweep, blocks, slots) == 0);
}

TEST_CASE("entries that are lost while it catches up are caught up with as well") {
  constexpr std::uint64_t slots = slot_sweep::most_to_catch_up + 10;
  slot_sweep sweep;
  const std::vector blocks{block_of(1, static_cast<std::uint32_t>(slots))};
  sweep.lose_entries();
  CHECK(catch_up(sweep, blocks, slots) == slot_sweep::most_to_catch_up);
  sweep.lose_entries();
  // Every slot is visited once more, from where the sweep is.
  CHECK(catch_up(sweep, blocks, slots) == slot_sweep::most_to_catch_up);
  CHECK(catch_up(sweep, blocks, slots) == 10);
}

}  // namespace lars::slot_sweep_test
