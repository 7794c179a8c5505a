#include "share/thread_counters.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "balance/health/eligibility.hpp"
#include "balance/table/heap_arena.hpp"
#include "balance/table/live_array.hpp"
#include "balance/table/table_writer.hpp"

namespace lars::thread_counters_test {

using namespace lars::share;
using balance::member;

namespace {

constexpr endpoint host_of(std::uint32_t n) { return {0x0a000000 + n, 80}; }
constexpr member member_of(std::uint32_t n, std::uint32_t slot) { return {host_of(n), slot, 1}; }

// A counters of four places over memory of its own, and the dirty entries it tells.
struct one_thread {
  static constexpr std::uint64_t places = 4;

  const counter_slot& slot(std::uint32_t index) const {
    return reinterpret_cast<const counter_slot*>(block + 1)[index];
  }
  std::uint64_t written() const { return ring->head.load(); }
  // A membership of these hosts; the slot of each is its number.
  balance::table_view members(const std::vector<std::uint32_t>& hosts) {
    std::vector<member> all;
    for (const auto n : hosts) all.push_back(member_of(n, n));
    REQUIRE(live.reserve(64));
    REQUIRE(table.reserve(static_cast<std::uint32_t>(all.size())));
    table.publish(all, live, {});
    return balance::table_view({memory.view(), &record});
  }
  void call(std::uint32_t index, rounds now) {
    counters.count_pick(index, 1, now);
    counters.count_end(index, {}, now);
  }

  block_header* add_block(std::uint64_t count, std::uint64_t bytes) {
    auto* const made = memory.at<block_header>(memory.allocate(sizeof(block_header) + bytes));
    made->count.store(count);
    return made;
  }

  balance::heap_arena memory;
  block_header* block = add_block(places, slots_bytes(places));
  block_header* ring = add_block(dirty_ring_entries, dirty_ring_entries * sizeof(shared_word));
  balance::module_record& record = *memory.at<balance::module_record>(memory.allocate(sizeof(balance::module_record)));
  balance::live_array live{memory};
  balance::table_writer table{memory, record};
  dirty_ring_writer dirty_ring{ring};
  std::atomic<std::uint32_t> third{3};
  thread_counters counters{{1, 1}, *block, third, 7, dirty_ring};
};

}  // namespace

TEST_CASE("a host keeps its index among the counters, and each has its own") {
  one_thread at;
  CHECK(at.counters.index_of(member_of(1, 9)) == 0);
  CHECK(at.counters.index_of(member_of(2, 0)) == 1);
  CHECK(at.counters.index_of(member_of(1, 9)) == 0);
  // The agent gave it another slot, and its old one to another host.
  CHECK(at.counters.index_of(member_of(1, 4)) == 0);
  CHECK(at.counters.index_of(member_of(3, 9)) == 2);
  CHECK(at.slot(1).where == balance::join(host_of(2).ip, host_of(2).port));
}

TEST_CASE("a full counters has no index for another host") {
  one_thread at;
  for (std::uint32_t n = 0; n < at.places; ++n) CHECK(at.counters.index_of(member_of(n + 1, n)) == n);
  CHECK(at.counters.index_of(member_of(9, 9)) == at.counters.capacity());
  CHECK(at.counters.index_of(member_of(1, 0)) == 0);
}

TEST_CASE("calls are counted with how they went, in the order in which the agent reads") {
  one_thread at;
  const auto index = at.counters.index_of(member_of(1, 0));
  const rounds now{5, 1};
  at.counters.count_pick(index, 3, now);
  at.counters.count_pick(index, 4, now);
  at.counters.count_pick(index, 5, now);
  at.counters.count_end(index, {true, 700, 3}, now);
  at.counters.count_end(index, {true, 90, 4}, now);
  at.counters.count_dropped(index, now);
  const auto& own = at.slot(index);
  CHECK(own.picks == 3);
  CHECK(own.cost_in == 12);
  CHECK(own.ends == 2);
  CHECK(own.failures == 2);
  CHECK(own.run == 2);
  CHECK(own.dropped == 1);
  CHECK(own.latency_us == 790);
  CHECK(own.peak_us == 700);
  CHECK(own.cost == 7);
  at.counters.count_end(index, {false, 1, 1}, now);
  CHECK(own.run == 0);
}

TEST_CASE("the agent is told of a host once a round, however many calls there are") {
  one_thread at;
  const auto index = at.counters.index_of(member_of(1, 0));
  for (std::uint32_t tick = 1; tick <= 3; ++tick)
    for (int i = 0; i < 10; ++i) at.call(index, {tick, 1});
  CHECK(at.written() == 3);
  const auto told = unpack_dirty(reinterpret_cast<const balance::shared_word*>(at.ring + 1)[0]);
  CHECK(told.segment == 3);
  CHECK(told.block == 7);
  CHECK(told.slot == index);
}

TEST_CASE("another agent counts other rounds: the first change under it is told, whatever their numbers") {
  one_thread at;
  const auto index = at.counters.index_of(member_of(1, 0));
  at.call(index, {5, 1});
  at.counters.forget_rounds();
  at.call(index, {5, 1});
  CHECK(at.written() == 2);
  CHECK(at.counters.index_of(member_of(1, 2)) == index);
}

TEST_CASE("what was under way when the loads were summed up is remembered") {
  one_thread at;
  const auto index = at.counters.index_of(member_of(1, 0));
  at.counters.count_pick(index, 1, {1, 1});
  at.counters.count_pick(index, 1, {1, 1});
  at.counters.count_pick(index, 1, {1, 2});
  const auto own = at.counters.counts({1, 2}, false);
  CHECK(own.epoch == 2);
  CHECK(own.entries[index].epoch == 2);
  CHECK(own.entries[index].base == 2);
  CHECK(own.entry_of(balance::join(host_of(1).ip, 80), 0) == &own.entries[index]);
  CHECK(own.entry_of(balance::join(host_of(2).ip, 80), 0) == nullptr);
}

TEST_CASE("a host gets the index of its slot where that is free") {
  one_thread at;
  CHECK(at.counters.index_of(member_of(1, 2)) == 2);
  CHECK(at.counters.index_of(member_of(2, 9)) == 0);
  CHECK(at.counters.index_of(member_of(3, 0)) == 1);
  CHECK(at.counters.index_of(member_of(1, 2)) == 2);
  CHECK(at.counters.index_of(member_of(3, 0)) == 1);
}

TEST_CASE("places of hosts that left go to those that came, once the agent has swept over them") {
  one_thread at;
  for (std::uint32_t n = 0; n < 4; ++n) at.call(at.counters.index_of(member_of(n, n)), {10, 10});
  const auto now_members = at.members({0, 1, 5});
  // The agent looks at everything once in a hundred epochs; what no entry told of is found then.
  CHECK_FALSE(at.counters.release_unused(now_members, {2000, 100}));
  CHECK(at.counters.index_of(member_of(5, 5)) == at.counters.capacity());
  CHECK(at.counters.release_unused(now_members, {2000, 200}));
  const auto fifth = at.counters.index_of(member_of(5, 5));
  CHECK((fifth == 2 || fifth == 3));
  CHECK(at.counters.index_of(member_of(0, 0)) == 0);
  CHECK(at.counters.index_of(member_of(1, 1)) == 1);
  CHECK(at.slot(fifth).run == 0);
}

TEST_CASE("a hole that no member took goes to the next one that joins") {
  one_thread at;
  for (std::uint32_t n = 0; n < 4; ++n) at.call(at.counters.index_of(member_of(n, n)), {10, 10});
  REQUIRE(at.counters.release_unused(at.members({1}), {9000, 900}));
  std::vector<std::uint32_t> places{at.counters.index_of(member_of(1, 1))};
  for (const std::uint32_t n : {6u, 7u, 8u}) places.push_back(at.counters.index_of(member_of(n, n)));
  std::ranges::sort(places);
  CHECK(places == std::vector<std::uint32_t>{0, 1, 2, 3});
  CHECK(at.counters.index_of(member_of(9, 9)) == at.counters.capacity());
}

TEST_CASE("a index with calls under way stays its host's") {
  one_thread at;
  for (std::uint32_t n = 1; n <= 4; ++n) at.counters.count_pick(at.counters.index_of(member_of(n, n)), 1, {10, 10});
  CHECK_FALSE(at.counters.release_unused(at.members({9}), {9000, 900}));
  at.counters.count_dropped(0, {9000, 900});
  CHECK_FALSE(at.counters.release_unused(at.members({9}), {9001, 901}));
  CHECK(at.counters.release_unused(at.members({9}), {20000, 2000}));
  CHECK(at.counters.index_of(member_of(9, 9)) == 0);
}

TEST_CASE("what takes the fewest steps counts only what the agent has been told of in this round") {
  one_thread at;
  const auto index = at.counters.index_of(member_of(1, 1));
  const auto& own = at.counters.counts({1, 1}, false);
  auto& note = own.entries[index];
  auto& slot = own.slots[index];
  const auto host = at.counters.host_at(index);
  CHECK_FALSE(thread_counters::count_reported_pick(note, slot, 5, {1, 1}));
  CHECK_FALSE(at.counters.count_reported_end(index, host, {}, {1, 1}));
  at.counters.count_pick(index, 5, {1, 1});
  CHECK(at.written() == 1);
  CHECK(thread_counters::count_reported_pick(note, slot, 7, {1, 1}));
  CHECK(at.counters.count_reported_end(index, host, {true, 30, 2}, {1, 1}));
  CHECK_FALSE(at.counters.count_reported_end(index, host + 1, {}, {1, 1}));
  for (const rounds later : {rounds{2, 1}, rounds{1, 2}}) {
    CHECK_FALSE(thread_counters::count_reported_pick(note, slot, 5, later));
    CHECK_FALSE(at.counters.count_reported_end(index, host, {}, later));
  }
  CHECK(slot.picks == 2);
  CHECK(slot.cost_in == 12);
  CHECK(slot.ends == 1);
  CHECK(slot.failures == 1);
  CHECK(slot.latency_us == 30);
  CHECK(slot.run == 1);
  CHECK(note.under_way == 1);
  CHECK(at.written() == 1);
}

namespace {

// A host's calls that end within a round of which the agent was told, as the library ends them.
struct sampled_lane : one_thread {
  void begin(rounds now) { counters.count_pick(index, 1, now); }
  // True where it was timed.
  bool end(std::uint64_t latency_us, rounds now) {
    const auto host = counters.host_at(index);
    const bool timed = counters.times_next_end(index);
    const bool counted = timed ? counters.count_reported_end(index, host, {false, latency_us, 1}, now)
                               : counters.count_reported_untimed_end(index, host, false, 1, now);
    REQUIRE(counted);
    return timed;
  }
  int timed_of(int calls, rounds now) {
    int timed = 0;
    for (int i = 0; i < calls; ++i) {
      begin(now);
      timed += end(100, now) ? 1 : 0;
    }
    return timed;
  }
  std::uint64_t latencies() const {
    std::uint64_t sum = 0;
    for (const auto& bucket : slot(index).latency) sum += bucket;
    return sum;
  }

  const std::uint32_t index = counters.index_of(member_of(1, 0));
};

}  // namespace

TEST_CASE(
    "a counters times each call until it is to take a sample, and then one in eight from the 65th of a second on") {
  sampled_lane at;
  CHECK(at.timed_of(1000, {1, 1}) == 1000);
  at.counters.sample_latencies(true);
  CHECK(at.timed_of(64, {1, 1}) == 64);
  const int timed = at.timed_of(800, {1, 1});
  CHECK(timed > 80);
  CHECK(timed < 120);
  // A later epoch of the same second, and another second.
  CHECK(at.timed_of(64, {2, 9}) < 16);
  CHECK(at.timed_of(64, {3, 10}) == 64);
  CHECK(at.timed_of(64, {3, 10}) < 16);
  at.counters.sample_latencies(false);
  CHECK(at.timed_of(1000, {3, 10}) == 1000);
}

TEST_CASE("latencies are as many as calls at every moment, whichever were timed") {
  sampled_lane at;
  at.counters.sample_latencies(true);
  std::uint64_t last = 0, sum = 0;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    at.begin({1, 1});
    if (at.end(i * 100, {1, 1})) last = i * 100;
    sum += last;
    REQUIRE(at.latencies() == i);
    REQUIRE(at.slot(at.index).latency_us == sum);
    REQUIRE(at.slot(at.index).ends == i);
  }
  CHECK(at.slot(at.index).cost == 1000);
}

TEST_CASE("a call that was timed out of turn counts as it was, and stands for no other") {
  sampled_lane at;
  at.counters.sample_latencies(true);
  at.timed_of(64, {1, 1});
  const auto before = at.slot(at.index).latency_us.load();
  at.begin({1, 1});
  at.counters.count_end(at.index, {true, 5'000'000, 1}, {2, 1});
  CHECK(at.slot(at.index).latency_us == before + 5'000'000);
  at.begin({2, 1});
  CHECK_FALSE(at.end(1, {2, 1}));
  CHECK(at.slot(at.index).latency_us == before + 5'000'100);
  CHECK(at.slot(at.index).failures == 1);
}

TEST_CASE("a call that is not timed is counted only where the agent was told, and at its host") {
  sampled_lane at;
  at.counters.sample_latencies(true);
  at.timed_of(64, {1, 1});
  const auto host = at.counters.host_at(at.index);
  at.begin({1, 1});
  REQUIRE_FALSE(at.counters.times_next_end(at.index));
  CHECK_FALSE(at.counters.count_reported_untimed_end(at.index, host + 1, false, 1, {1, 1}));
  CHECK_FALSE(at.counters.count_reported_untimed_end(at.index, host, false, 1, {2, 1}));
  CHECK_FALSE(at.counters.count_reported_untimed_end(at.index, host, false, 1, {1, 2}));
  CHECK(at.slot(at.index).ends == 64);
  CHECK(at.counters.count_reported_untimed_end(at.index, host, true, 3, {1, 1}));
  CHECK(at.slot(at.index).ends == 65);
  CHECK(at.slot(at.index).run == 1);
  // Another agent counts other seconds.
  at.counters.forget_rounds();
  CHECK(at.counters.times_next_end(at.index));
}

}  // namespace lars::thread_counters_test
