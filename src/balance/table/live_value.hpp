// What changes of a host between two route changes, packed into one word so that it is read and written as a whole.
#pragma once

#include <cstdint>
#include <lars/types.hpp>

#include "balance/table/verdict.hpp"

namespace lars::balance {

// generation 32 | weight 16 | state 8 | verdict 8, from the top. All 64-bit values unpack to something harmless.
struct live_value {
  std::uint32_t generation = 0;  // tells the hosts apart that use a slot one after the other; 0 = never used
  std::uint16_t weight = 0;      // 0 .. max_weight, 0 = no new calls
  host_state state = host_state::down;
  verdict health = verdict::idle;

  bool takes_calls() const { return state == host_state::up && weight > 0; }
  bool operator==(const live_value&) const = default;
};

constexpr std::uint64_t pack(const live_value& value) {
  return (std::uint64_t{value.generation} << 32) | (std::uint64_t{value.weight} << 16) |
         (std::uint64_t{static_cast<std::uint8_t>(value.state)} << 8) | static_cast<std::uint8_t>(value.health);
}

// The verdict in a packed word, in an instruction or two: a pick does this for every candidate.
constexpr verdict verdict_in(std::uint64_t word) { return (word & 0xff) == 0 ? verdict::idle : verdict::ejected; }

constexpr live_value unpack(std::uint64_t word) {
  return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint16_t>(word >> 16),
          static_cast<host_state>(static_cast<std::uint8_t>(word >> 8)), verdict_in(word)};
}

// live_value::takes_calls() of a packed word, if it is of this generation; likewise.
constexpr bool takes_calls(std::uint64_t word, std::uint32_t generation) {
  const auto rest = word ^ (std::uint64_t{generation} << 32);  // of that generation: weight 16 | state 8 | verdict 8
  return (rest & 0xff00) == 0 && rest >> 32 == 0 && rest >> 16 != 0;
}

static_assert(max_weight <= UINT16_MAX);

}  // namespace lars::balance
