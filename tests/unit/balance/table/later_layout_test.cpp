// What an agent of a later minor of the layout may write: this reader must go by the strides, and by the fallback of a
// policy that it does not know.
#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "balance/pick.hpp"
#include "balance/policy/registry.hpp"
#include "balance/table/heap_arena.hpp"
#include "balance/table/table_view.hpp"

namespace lars::later_layout_test {

using namespace lars::balance;

namespace {

// A table whose entries and live slots are longer than those of 6.0, with a section and a policy of unknown kinds.
struct later_writer {
  static constexpr std::uint64_t entry_stride = 48;
  static constexpr std::uint64_t live_stride = 128;
  static constexpr std::uint64_t unknown = 200;

  explicit later_writer(std::uint32_t hosts, std::uint8_t fallback) {
    const auto entries = memory.allocate(hosts * entry_stride);
    const auto live = memory.allocate(hosts * live_stride);
    // What this reader must not look at.
    std::memset(memory.at<std::byte>(entries), 0xff, hosts * entry_stride);
    std::memset(memory.at<std::byte>(live), 0xff, hosts * live_stride);
    for (std::uint32_t i = 0; i < hosts; ++i) {
      auto& entry = *memory.at<table_entry>(entries + i * entry_stride);
      entry.where = join(0x0a000001 + i, 80);
      entry.id = join(i, 1);
      entry.weight = most_weight;
      entry.alias = join(UINT32_MAX, i);
      auto& slot = *memory.at<live_slot>(live + i * live_stride);
      slot.value = pack(live_value{1, 100, host_state::up, verdict::idle});
      slot.in_flight = 0;
      slot.latency = 0;
      slot.score = 0;
    }
    auto& section = *memory.at<section_entry>(sections);
    section.kind = unknown;
    section.position = 1;
    section.count = UINT64_MAX;
    header.sequence = 2;
    header.capacity = hosts;
    header.count = hosts;
    header.entries = entries;
    header.entry_stride = entry_stride;
    header.live = live;
    header.live_slots = hosts;
    header.live_stride = live_stride;
    header.sections = sections;
    header.section_count = 1;
    header.policy = pack(published_policy{unknown, 77, 99, true, fallback});
    record.table = at;
    record.hosts = pack(population{hosts, 0});
  }

  module_view view() { return {memory.view(), &record, 0}; }

  heap_arena memory{1u << 16};
  module_record& record = *memory.at<module_record>(memory.allocate(sizeof(module_record)));
  std::uint64_t at = memory.allocate(sizeof(table_header));
  std::uint64_t sections = memory.allocate(sizeof(section_entry));
  table_header& header = *memory.at<table_header>(at);
};

}  // namespace

TEST_CASE("a pick goes by the strides of a later layout, and by the fallback of an unknown policy") {
  later_writer writer(5, static_cast<std::uint8_t>(policy_kind::round_robin));
  cursor own;
  std::vector<int> picks(5);
  for (int i = 0; i < 50; ++i) {
    const auto found = pick(writer.view(), own, {static_cast<std::uint64_t>(i) << 60, {}});
    REQUIRE(found.code == pick_code::picked);
    REQUIRE(found.chosen.where.port == 80);
    ++picks.at(found.chosen.where.ip - 0x0a000001);
  }
  CHECK(picks == std::vector<int>(5, 10));  // in turn
}

TEST_CASE("the policy of a table is its own kind, else its fallback, else the default") {
  const auto name_of = [](std::uint8_t kind, std::uint8_t fallback) {
    return policy_of(published_policy{kind, 0, 2, false, fallback}).name;
  };
  CHECK(name_of(3, 1) == "random");
  CHECK(name_of(200, 1) == "round_robin");
  CHECK(name_of(200, 201) == "p2c");
}

TEST_CASE("a table whose strides are too short, crooked or absurd is not read") {
  later_writer writer(5, 0);
  const auto is_read = [&] { return table_view(writer.view()).size() == 5; };
  REQUIRE(is_read());
  for (const std::uint64_t stride : {0ull, 8ull, 24ull, 33ull, 8192ull, ~0ull}) {
    CAPTURE(stride);
    writer.header.entry_stride = stride;
    CHECK_FALSE(is_read());
    CHECK_FALSE(table_view(writer.view()).intact());
  }
  writer.header.entry_stride = later_writer::entry_stride;
  for (const std::uint64_t stride : {0ull, 32ull, 65ull, 8192ull, ~0ull}) {
    CAPTURE(stride);
    writer.header.live_stride = stride;
    CHECK_FALSE(is_read());
  }
}

TEST_CASE("each policy of this layout is its own fallback") {
  for (const auto* const one : all_policies()) CHECK(one->fallback == one->kind);
}

}  // namespace lars::later_layout_test
