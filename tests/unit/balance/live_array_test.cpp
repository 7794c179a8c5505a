#include "balance/live_array.hpp"

#include <catch2/catch.hpp>

using namespace lars::balance;
using lars::host_state;

TEST_CASE("a live value survives its packing") {
  const live_value value{0xfedcba98, 10000, host_state::drain, verdict::overload};
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
  CHECK(value.health == verdict::overload);
}

TEST_CASE("slots keep their values and places while the array grows") {
  live_array array;
  constexpr std::uint32_t slots = 50000;
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    array.reserve(slot + 1);
    array.store(slot, {slot + 1, 100, host_state::up, verdict::idle});
  }
  bool right = true;
  for (std::uint32_t slot = 0; slot < slots; ++slot) right = right && array.load(slot).generation == slot + 1;
  CHECK(right);
}

TEST_CASE("a slot that there is no room for reads as never used") {
  live_array array;
  CHECK(array.load(0) == live_value{});
  array.reserve(4);
  CHECK(array.load(4) == live_value{});
  CHECK(array.load(live_array::most_slots) == live_value{});
  CHECK(array.load(UINT32_MAX) == live_value{});
}

TEST_CASE("the population is told as it was stored") {
  live_array array;
  array.store_hosts({3, 70000});
  CHECK(array.hosts().idle == 3);
  CHECK(array.hosts().overloaded == 70000);
}
