#include "share/caller_counters.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <vector>

#include "base/call_sums.hpp"
#include "counting_caller.hpp"

namespace lars::caller_counters_test {

using namespace lars::share;
using namespace lars::test;

TEST_CASE("an agent learns what changed, once") {
  lone_caller caller;
  adding_agent agent(caller.files);
  agent.counters.look(true, agent.sink);
  for (int i = 0; i < 10; ++i) caller.call(first, {1, 1}, i < 3);
  caller.call(second, {1, 1});
  agent.counters.look(false, agent.sink);
  CHECK(agent.told == 2);
  agent.counters.look(true, agent.sink);
  agent.counters.look_at_all(agent.sink);
  CHECK(agent.told == 2);
  CHECK(agent.sums[first.where].ends == 10);
  CHECK(agent.sums[first.where].failures == 3);
  CHECK(agent.sums[first.where].latency[base::latency_bucket_of(100)] == 10);
  CHECK(agent.sums[second.where].ends == 1);
  CHECK(agent.counters.sound());
  CHECK(agent.counters.rejected() == 0);
}

TEST_CASE("the next agent goes on where the last one stopped") {
  lone_caller caller;
  {
    adding_agent agent(caller.files);
    caller.call(first, {1, 1});
    agent.counters.look_at_all(agent.sink);
    CHECK(agent.sums[first.where].ends == 1);
  }
  for (int i = 0; i < 5; ++i) caller.call(first, {1, 1});
  adding_agent agent(caller.files);
  agent.counters.look(true, agent.sink);
  CHECK(agent.sums[first.where].ends == 5);
}

TEST_CASE("dirty entries that a ring had no room for are found by looking at everything") {
  lone_caller caller;
  adding_agent agent(caller.files);
  agent.counters.look(true, agent.sink);
  for (std::uint32_t tick = 1; tick <= 2 * dirty_ring_entries; ++tick) caller.call(first, {tick, 1});
  agent.counters.look(false, agent.sink);
  agent.counters.look(true, agent.sink);
  CHECK(agent.sums[first.where].ends == 2 * dirty_ring_entries);
}

TEST_CASE("a sweep finds what no entry told of") {
  lone_caller caller;
  adding_agent agent(caller.files);
  agent.counters.look(true, agent.sink);
  caller.call(first, {1, 1});
  agent.counters.look(false, agent.sink);
  // Counted between the agent's new round and its look: the round told of already.
  caller.call(first, {1, 1});
  agent.counters.look(false, agent.sink);
  CHECK(agent.sums[first.where].ends == 1);
  for (int i = 0; i < 4; ++i) agent.counters.sweep(1, agent.sink);
  CHECK(agent.sums[first.where].ends == 2);
}

TEST_CASE("more calls than a half count holds come in whole") {
  lone_caller caller;
  adding_agent agent(caller.files);
  for (int i = 0; i < 200000; ++i) caller.call(first, {1, 1});
  agent.counters.look_at_all(agent.sink);
  CHECK(agent.sums[first.where].ends == 200000);
  CHECK(agent.sums[first.where].latency[base::latency_bucket_of(100)] == 200000);
}

TEST_CASE("a look finds as many latencies as ends, each in its bucket; the rest is the next look's") {
  lone_caller caller;
  adding_agent agent(caller.files);
  const auto place = caller.counters->index_of(first);
  std::array<std::uint32_t, base::latency_buckets> expected{};
  const std::array<std::uint64_t, 5> latencies{100, 900, 40000, 1u << 30, 900};
  for (const auto latency : latencies) {
    caller.counters->count_pick(place, 1, {1, 1});
    caller.counters->count_end(place, {false, latency, 1}, {1, 1});
    agent.counters.look_at_all(agent.sink);
    ++expected[base::latency_bucket_of(latency)];
    CHECK(agent.sums[first.where].latency == expected);
  }
  // Its call is about to end.
  auto& slot = caller.slots[place];
  slot.latency[3].fetch_add(1);
  caller.counters->count_pick(place, 1, {2, 1});
  caller.counters->count_end(place, {false, 100, 1}, {2, 1});
  agent.counters.look_at_all(agent.sink);
  ++expected[0];
  CHECK(agent.sums[first.where].latency == expected);
  slot.picks.fetch_add(1);
  slot.latency_us.fetch_add(4000);
  slot.ends.fetch_add(1);
  agent.counters.look_at_all(agent.sink);
  ++expected[3];
  CHECK(agent.sums[first.where].latency == expected);
}

TEST_CASE("what is under way counts over all threads: a call may end in another than it began in") {
  lone_caller caller;
  adding_agent agent(caller.files);
  auto* const block = caller.own->add_block(block_kind::counters, balance::join(1, 2), 4, slots_bytes(4));
  thread_counters other({1, 2}, *block, caller.own->number(), caller.own->position_of(*block), caller.dirty_ring);
  const auto here = caller.counters->index_of(first);
  for (int i = 0; i < 5; ++i) caller.counters->count_pick(here, 1, {1, 1});
  other.count_end(other.index_of(first), {}, {1, 1});
  other.count_dropped(other.index_of(first), {1, 1});
  agent.counters.look_at_all(agent.sink);
  CHECK(agent.under_way() == 3);
}

TEST_CASE("counts that go backwards are refused, and what follows counts again") {
  lone_caller caller;
  adding_agent agent(caller.files);
  for (int i = 0; i < 10; ++i) caller.call(first, {1, 1});
  agent.counters.look_at_all(agent.sink);
  auto& own = const_cast<counter_slot&>(
      *reinterpret_cast<const counter_slot*>(caller.pages().data() + sizeof(segment_header) + sizeof(block_header) +
                                             dirty_ring_entries * sizeof(shared_word) + sizeof(block_header)));
  REQUIRE(own.ends == 10);
  own.ends.store(4);
  agent.counters.look_at_all(agent.sink);
  CHECK(agent.counters.rejected() == 1);
  own.ends.store(6);
  agent.counters.look_at_all(agent.sink);
  CHECK(agent.sums[first.where].ends == 12);
  own.ends.store(UINT64_MAX);
  agent.counters.look_at_all(agent.sink);
  CHECK(agent.sums[first.where].ends == 12 + (1u << 30));
}

TEST_CASE("memory that is cut up like no library does it is not looked at any more") {
  const auto header = sizeof(segment_header);
  const auto damage = GENERATE(0, 1, 2, 3, 4);
  lone_caller caller;
  adding_agent agent(caller.files);
  auto& block = caller.word<block_header>(header);
  switch (damage) {
    case 0:
      block.bytes.store(0);
      break;
    case 1:
      block.bytes.store(first_segment);
      break;
    case 2:
      block.bytes.store(block.bytes + 1);
      break;
    case 3:
      block.count.store(dirty_ring_entries * 2);
      break;
    default:
      caller.word<segment_header>(0).used.store(UINT64_MAX);
      break;
  }
  agent.counters.look(true, agent.sink);
  CHECK_FALSE(agent.counters.sound());
  agent.counters.look(true, agent.sink);
  agent.counters.sweep(100, agent.sink);
  CHECK(agent.told == 0);
}

TEST_CASE(
    "a checkpoint cannot be written by whoever is handed it, and the next agent of the same user goes on with it") {
  lone_caller caller;
  const int given = caller.files.checkpoint.get();
  CHECK_FALSE(mapping::of(given, checkpoint_bytes(first_segment), mapping::access::write));
  CHECK(::pwrite(given, "x", 1, 0) < 0);
  struct stat about {};
  REQUIRE(::fstat(given, &about) == 0);
  CHECK((about.st_mode & 07777) == S_IRUSR);
  {
    adding_agent agent(caller.files);
    caller.call(first, {1, 1});
    agent.counters.look(true, agent.sink);
    CHECK(agent.told == 1);
  }
  adding_agent next(caller.files);
  CHECK(next.counters.is_covered());
  next.counters.look_at_all(next.sink);
  CHECK(next.told == 0);
  REQUIRE(::fstat(given, &about) == 0);
  CHECK((about.st_mode & 07777) == S_IRUSR);
}

TEST_CASE("a checkpoint that claims more than its counters, or of another host, covers nothing") {
  lone_caller caller;
  caller.counters->count_pick(caller.counters->index_of(first), 1, {1, 1});
  {
    adding_agent agent(caller.files);
    agent.counters.look_at_all(agent.sink);
    CHECK(agent.under_way() == 1);
  }
  const auto covered = [&] {
    caller_counters all;
    REQUIRE(all.add(caller.files, most_bytes));
    return all.is_covered();
  };
  CHECK(covered());
  const auto picks = caller.slots[0].picks.load();
  const auto ends = caller.slots[0].ends.load();
  const auto where = caller.slots[0].where.load();
  caller.slots[0].picks = picks - 1;
  CHECK_FALSE(covered());
  caller.slots[0].picks = picks;
  caller.slots[0].where = where + 1;
  CHECK_FALSE(covered());
  caller.slots[0].where = where;
  caller.slots[0].ends = ends + 1;  // a call that ended since
  CHECK(covered());
}

TEST_CASE("calls under way stay with the host that they began on, whatever a caller names their slot") {
  lone_caller caller;
  caller.counters->count_pick(caller.counters->index_of(first), 1, {1, 1});
  adding_agent agent(caller.files);
  agent.counters.look_at_all(agent.sink);
  caller.slots[0].where = balance::join(second.where.ip, second.where.port);
  caller.slots[0].picks = caller.slots[0].picks.load() + 1;
  agent.counters.look_at_all(agent.sink);
  CHECK_FALSE(agent.counters.sound());
  CHECK(agent.sums[second.where].picks == 0);
  agent.counters.for_each_under_way([](route_key, endpoint where, std::uint64_t) { CHECK(where == first.where); });
}

TEST_CASE("files that no agent made are refused") {
  const auto good = make_segment(first_segment);
  REQUIRE(good);
  const auto refused = [](descriptor counters, descriptor checkpoint) {
    caller_counters all;
    const auto added = all.add({std::move(counters), std::move(checkpoint)}, most_bytes);
    CHECK(all.segments() == 0);
    return !added;
  };
  const auto file_of = [](std::uint64_t bytes, int seals) {
    auto file = make_memory_file("test");
    REQUIRE(::ftruncate(file->get(), static_cast<off_t>(bytes)) == 0);
    REQUIRE(add_seals(file->get(), seals));
    return *std::move(file);
  };
  const int both = F_SEAL_SHRINK | F_SEAL_GROW;
  CHECK(refused(again(good->checkpoint), again(good->counters)));
  CHECK(refused(again(good->counters), again(good->counters)));
  CHECK(refused(again(good->counters), file_of(checkpoint_bytes(first_segment), F_SEAL_SHRINK)));
  CHECK(refused(file_of(first_segment, F_SEAL_SHRINK), again(good->checkpoint)));
  CHECK(refused(again(good->counters), file_of(checkpoint_bytes(first_segment), both | F_SEAL_WRITE)));
  CHECK(refused(file_of(0, both), file_of(0, both)));
  CHECK(refused(file_of(first_segment + 1, both), file_of(checkpoint_bytes(first_segment + 1), both)));
  CHECK(refused(file_of(1u << 30, both), file_of(checkpoint_bytes(1u << 30), both)));
  CHECK(refused(file_of(std::uint64_t{1} << 62, both), file_of(4096, both)));
  CHECK(refused(descriptor(::open("/dev/null", O_RDWR)), descriptor(::open("/dev/zero", O_RDWR))));
  CHECK(refused({}, {}));
}

TEST_CASE("a caller has so many segments and bytes at most") {
  caller_counters all;
  std::uint64_t bytes = 0;
  while (bytes + allocated_bytes(first_segment) <= most_bytes) {
    REQUIRE(all.add(*make_segment(first_segment), most_bytes));
    bytes += allocated_bytes(first_segment);
  }
  CHECK(all.add(*make_segment(first_segment), most_bytes).error().code == errc::too_large);
  CHECK(all.bytes() == bytes);
}

// What a caller may do to its memory while it is looked at: everything.
TEST_CASE("a look is bounded however many dirty entries a caller claims") {
  auto made = make_segment(1u << 20);
  REQUIRE(made);
  caller_counters all;
  REQUIRE(all.add(*made, 64u << 20));
  auto own = segment::open(again(made->counters), again(made->checkpoint), 1u << 20);
  REQUIRE(own);
  std::vector<block_header*> rings;
  auto* const counters = own->add_block(block_kind::counters, 1, 4, slots_bytes(4));
  while (auto* const ring =
             own->add_block(block_kind::dirty_ring, 0, dirty_ring_entries, dirty_ring_entries * sizeof(shared_word)))
    rings.push_back(ring);
  REQUIRE(rings.size() > 100);
  std::uint64_t told = 0;
  auto* const slots = reinterpret_cast<counter_slot*>(counters + 1);
  slots[0].where.store(1);
  calls_sink sink([&](std::span<const counted_calls> found) {
    told += found.size();
    slots[0].picks.fetch_add(1);
  });
  all.look(true, sink);
  slots[0].picks.fetch_add(1);
  for (auto* const ring : rings) {
    for (std::uint64_t i = 0; i < dirty_ring_entries; ++i)
      reinterpret_cast<shared_word*>(ring + 1)[i].store(pack({0, own->position_of(*counters), 0}));
    ring->head.fetch_add(dirty_ring_entries);
  }
  all.look(false, sink);
  CHECK(told > 0);
  CHECK(told <= (1u << 16));
  // The rest is found by looking at everything.
  const auto before = told;
  all.look(true, sink);
  CHECK(told > before);
  CHECK(all.sound());
}

TEST_CASE("much that is owed is made up for in several looks, all of it") {
  constexpr std::uint64_t bytes = 8u << 20;
  auto made = make_segment(bytes);
  REQUIRE(made);
  caller_counters all;
  REQUIRE(all.add(*made, allocated_bytes(bytes)));
  auto own = segment::open(again(made->counters), again(made->checkpoint), bytes);
  REQUIRE(own);
  auto* const ring =
      own->add_block(block_kind::dirty_ring, 0, dirty_ring_entries, dirty_ring_entries * sizeof(shared_word));
  constexpr std::uint64_t count = 60000;
  auto* const block = own->add_block(block_kind::counters, 1, count, slots_bytes(count));
  REQUIRE(block != nullptr);
  auto* const slots = reinterpret_cast<counter_slot*>(block + 1);
  ring->head.store(2 * dirty_ring_entries);
  for (std::uint64_t i = 0; i < count; ++i) {
    slots[i].where.store(i + 1);
    slots[i].picks.store(1);
  }
  std::uint64_t told = 0;
  calls_sink sink([&](std::span<const counted_calls> found) { told += found.size(); });
  all.look(true, sink);
  CHECK(told < count);
  all.look(true, sink);
  CHECK(told == count);
  all.look(true, sink);
  CHECK(told == count);
}

}  // namespace lars::caller_counters_test
