#include "balance/table/live_array.hpp"

#include <catch2/catch.hpp>

#include "balance/table/heap_arena.hpp"
#include "balance/table/population.hpp"

namespace lars::live_array_test {

using namespace lars::balance;
using lars::host_state;

TEST_CASE("a live value survives its packing") {
  const live_value value{0xfedcba98, 10000, host_state::drain, verdict::ejected};
  CHECK(unpack(pack(value)) == value);
  CHECK(pack(live_value{1, 2, host_state::up, verdict::idle}) == 0x0000000100020000u);
}

TEST_CASE("only a host that is up and has weight takes calls") {
  CHECK(live_value{1, 100, host_state::up, verdict::idle}.takes_calls());
  CHECK_FALSE(live_value{1, 0, host_state::up, verdict::idle}.takes_calls());
  CHECK_FALSE(live_value{1, 100, host_state::drain, verdict::idle}.takes_calls());
  CHECK_FALSE(live_value{1, 100, host_state::down, verdict::idle}.takes_calls());
}

TEST_CASE("any word unpacks to something harmless") {
  const auto value = unpack(~std::uint64_t{0});
  CHECK_FALSE(value.takes_calls());
  CHECK(value.health == verdict::ejected);
}

TEST_CASE("slots keep their values while the array grows") {
  heap_arena memory(1u << 24);
  live_array array(memory);
  constexpr std::uint32_t slots = 50000;
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    REQUIRE(array.reserve(slot + 1));
    array.store(slot, {slot + 1, 100, host_state::up, verdict::idle});
    array.raw(slot).in_flight = slot;
  }
  bool right = true;
  for (std::uint32_t slot = 0; slot < slots; ++slot)
    right = right && array.load(slot).generation == slot + 1 && array.raw(slot).in_flight == slot;
  CHECK(right);
}

TEST_CASE("an array that cannot grow stays as it is") {
  heap_arena memory(512);
  live_array array(memory);
  REQUIRE(array.reserve(4));
  array.store(3, {7, 100, host_state::up, verdict::idle});
  CHECK_FALSE(array.reserve(1000));
  CHECK(array.slots() == 4);
  CHECK(array.load(3).generation == 7);
}

TEST_CASE("the population is told as it was stored") {
  const auto hosts = unpack_population(pack(population{3, 70000}));
  CHECK(hosts.idle == 3);
  CHECK(hosts.ejected == 70000);
}

}  // namespace lars::live_array_test
