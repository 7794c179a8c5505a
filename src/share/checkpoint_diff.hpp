// The difference between a slot of counters, which its caller may fill with anything at any moment, and the agent's
// checkpoint of it. No I/O, no state.
#pragma once

#include <cstdint>
#include <lars/types.hpp>

#include "share/counted_calls.hpp"
#include "share/counters_format.hpp"

namespace lars::share {

// However much a count grew, one scan accepts this many calls of one slot.
inline constexpr std::uint64_t most_calls_a_scan = 1u << 30;

enum class slot_change : std::uint8_t {
  none,      // nothing was counted
  counted,   // calls were counted
  replaced,  // the slot has another host although calls to the first one are in flight: our libraries never do this
};

// Reports in `into` what the slot counted since the checkpoint and advances the checkpoint. `number` is the slot's
// index in its block: the first guess at the host's slot in its module. `rejected` grows by one for each count that
// went backwards. Leaves into.key, into.owner and into.owner_since alone. If it returns anything but `counted`, all
// arguments are as before.
slot_change take_calls(const counter_slot& slot, std::uint32_t number, checkpoint_entry& taken, counted_calls& into,
                       std::uint64_t& rejected);

// Calls that began and did not end, as far as they were taken. Negative if calls end on other threads than they began.
std::int32_t in_flight(const checkpoint_entry& taken);

// Whether the checkpoint can be true: it took no more than was counted, from the same host while calls are in flight.
bool covers(const counter_slot& slot, const checkpoint_entry& taken);

// The host that a slot or an entry names.
endpoint endpoint_of(std::uint64_t name);

}  // namespace lars::share
