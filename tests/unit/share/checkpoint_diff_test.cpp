#include "share/checkpoint_diff.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <numeric>

namespace lars::checkpoint_diff_test {

using namespace lars::share;

namespace {

constexpr endpoint first{0x0a000001, 80};
constexpr endpoint second{0x0a000002, 80};
constexpr std::uint32_t number = 3;  // of the slot in its block

constexpr std::uint64_t name_of(endpoint host) { return balance::join(host.ip, host.port); }

// A slot as a caller writes it, what the agent took of it, and the last scan's report.
struct one_slot {
  one_slot() { slot.where = name_of(first); }
  void begin(std::uint64_t count = 1) { slot.picks += count; }
  void end(std::uint64_t count = 1, std::uint64_t latency_us = 100) {
    slot.latency[base::latency_bucket_of(latency_us)] += static_cast<std::uint32_t>(count);
    slot.latency_us += count * latency_us;
    slot.ends += count;
  }
  slot_change scan() {
    calls = {};
    return take_calls(slot, number, taken, calls, rejected);
  }
  std::uint64_t latencies() const { return std::accumulate(calls.latency.begin(), calls.latency.end(), 0ull); }

  counter_slot slot{};
  checkpoint_entry taken;
  counted_calls calls;
  std::uint64_t rejected = 0;
};

}  // namespace

TEST_CASE("counts are taken once") {
  one_slot one;
  one.begin(5);
  one.end(3);
  one.slot.failures = 2;
  one.slot.cost = 30;
  one.slot.dropped = 1;
  one.slot.run = 2;
  one.slot.peak_us = 700;
  // Everything is new.
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.calls.where == first);
  CHECK(one.calls.picks == 5);
  CHECK(one.calls.ends == 3);
  CHECK(one.calls.failures == 2);
  CHECK(one.calls.latency_us == 300);
  CHECK(one.calls.cost == 30);
  CHECK(one.calls.dropped == 1);
  CHECK(one.calls.run == 2);
  CHECK(one.calls.peak_us == 700);
  CHECK(one.calls.latency[base::latency_bucket_of(100)] == 3);
  // Nothing is new.
  CHECK(one.scan() == slot_change::none);
  // One call is new.
  one.end();
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.calls.picks == 0);
  CHECK(one.calls.ends == 1);
  CHECK(one.calls.failures == 0);
  CHECK(one.rejected == 0);
}

TEST_CASE("a slot without a host is not taken, nor is its checkpoint changed") {
  one_slot one;
  one.begin();
  one.slot.where = 0;
  CHECK(one.scan() == slot_change::none);
  CHECK(one.taken.picks == 0);
}

TEST_CASE("the hint begins as the slot's number and stays as the receiver set it") {
  one_slot one;
  one.begin();
  one.end();
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(*one.calls.hint == number);
  // The receiver found the host elsewhere in its module.
  *one.calls.hint = 7;
  one.begin();
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(*one.calls.hint == 7);
}

TEST_CASE("an idle slot may get another host, and its hint begins anew") {
  one_slot one;
  one.begin();
  one.end();
  REQUIRE(one.scan() == slot_change::counted);
  *one.calls.hint = 7;
  one.slot.where = name_of(second);
  one.begin();
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.calls.where == second);
  CHECK(*one.calls.hint == number);
}

TEST_CASE("a slot that gets another host while calls are in flight is corrupt") {
  one_slot one;
  one.begin();
  REQUIRE(one.scan() == slot_change::counted);
  one.slot.where = name_of(second);
  one.begin();
  const auto before = one.taken;
  CHECK(one.scan() == slot_change::replaced);
  // The call in flight stays with the host that it began on.
  CHECK(one.taken.where == before.where);
  CHECK(one.taken.picks == before.picks);
  CHECK(in_flight(one.taken) == 1);
}

TEST_CASE("each count that goes backwards is rejected and counted from there on") {
  one_slot one;
  one.begin(10);
  one.end(10);
  one.slot.failures = 4;
  one.slot.cost = 10;
  REQUIRE(one.scan() == slot_change::counted);
  std::uint64_t rejected = 1;
  SECTION("picks") { one.slot.picks = 9; }
  SECTION("ends") { one.slot.ends = 9; }
  SECTION("failures") {
    one.slot.failures = 3;
    one.begin();
  }
  SECTION("latency") {
    one.slot.latency_us = 1;
    one.begin();
  }
  SECTION("cost") {
    one.slot.cost = 9;
    one.begin();
  }
  SECTION("all of them") {
    one.slot.picks = one.slot.ends = one.slot.failures = one.slot.latency_us = one.slot.cost = 1;
    rejected = 5;
  }
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.rejected == rejected);
  CHECK(one.calls.ends == 0);
  CHECK(one.calls.failures == 0);
  CHECK(one.calls.latency_us == 0);
  CHECK(one.calls.cost == 0);
  // The next call counts again.
  one.begin();
  one.end();
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.calls.ends == 1);
  CHECK(one.rejected == rejected);
}

TEST_CASE("however much a count claims to have grown, a scan takes a bounded number of calls") {
  one_slot one;
  one.slot.picks = one.slot.ends = one.slot.failures = one.slot.latency_us = one.slot.cost = UINT64_MAX;
  one.slot.dropped = UINT32_MAX;
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.calls.picks == most_calls_a_scan);
  CHECK(one.calls.ends == most_calls_a_scan);
  CHECK(one.calls.failures == most_calls_a_scan);
  CHECK(one.calls.latency_us == most_calls_a_scan);
  CHECK(one.calls.cost == most_calls_a_scan);
  CHECK(one.calls.dropped == most_calls_a_scan);
}

TEST_CASE("dropped calls are counted over the wrap of their count") {
  one_slot one;
  one.slot.dropped = UINT32_MAX;
  one.taken.dropped = UINT32_MAX - 1;
  one.taken.where = name_of(first);
  // One call was dropped before the wrap, two after it.
  one.slot.dropped = 1;
  one.begin(3);
  one.taken.picks = UINT32_MAX - 1ull;
  one.slot.picks = UINT32_MAX + 2ull;
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.calls.dropped == 3);
  CHECK(one.calls.picks == 3);
  CHECK(in_flight(one.taken) == 0);
}

TEST_CASE("a failure whose end was not read yet belongs to the next scan") {
  one_slot one;
  one.begin(2);
  one.end();
  // The second call is about to end: its failure is raised first.
  one.slot.failures = 2;
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.calls.failures == 1);
  one.end();
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.calls.ends == 1);
  CHECK(one.calls.failures == 1);
}

TEST_CASE("a latency whose end was not read yet belongs to the next scan") {
  one_slot one;
  one.begin(2);
  one.end(1, 100);
  const auto later = base::latency_bucket_of(1u << 30);
  one.slot.latency[later] += 1;
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.calls.latency[base::latency_bucket_of(100)] == 1);
  CHECK(one.calls.latency[later] == 0);
  one.slot.latency_us += 1u << 30;
  one.slot.ends += 1;
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.calls.latency[later] == 1);
  CHECK(one.latencies() == 1);
}

TEST_CASE("latencies beyond a half count come in whole, in the fullest bucket") {
  const auto calls = GENERATE(65535u, 65536u, 65537u, 200000u);
  one_slot one;
  one.begin(calls);
  one.end(calls);
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(one.calls.latency[base::latency_bucket_of(100)] == calls);
  CHECK(one.latencies() == calls);
}

TEST_CASE("calls in flight are those that neither ended nor were dropped") {
  CHECK(in_flight({}) == 0);
  CHECK(in_flight({.picks = 5, .ends = 2, .dropped = 1}) == 2);
  // Calls that began on another thread ended on this one.
  CHECK(in_flight({.picks = 1, .ends = 3}) == -2);
}

TEST_CASE("a checkpoint covers what it can have taken") {
  one_slot one;
  one.begin(3);
  one.end(2);
  REQUIRE(one.scan() == slot_change::counted);
  CHECK(covers(one.slot, one.taken));
  SECTION("more was counted since") {
    one.end();
    CHECK(covers(one.slot, one.taken));
  }
  SECTION("it claims more picks than were counted") {
    one.slot.picks = 2;
    CHECK_FALSE(covers(one.slot, one.taken));
  }
  SECTION("it claims more ends than were counted") {
    one.slot.ends = 1;
    CHECK_FALSE(covers(one.slot, one.taken));
  }
  SECTION("the host is another one while a call is in flight") {
    one.slot.where = name_of(second);
    CHECK_FALSE(covers(one.slot, one.taken));
  }
  SECTION("the host is another one and no call is in flight") {
    one.end();
    REQUIRE(one.scan() == slot_change::counted);
    one.slot.where = name_of(second);
    CHECK(covers(one.slot, one.taken));
  }
}

}  // namespace lars::checkpoint_diff_test
