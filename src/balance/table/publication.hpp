// What pickers are shown of a module: the writer's side of its table, its live values and its record.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <memory>
#include <span>

#include "balance/table/module_memory.hpp"
#include "balance/table/population.hpp"
#include "balance/table/verdict.hpp"

namespace lars::balance {

// Lies in one memory, or in a spare one where that has no room; it moves to the spare one at most once.
// Lifetime: its module's; the arenas outlive it. Threads: one at a time (the module's lock); what view() leads to is
// read by any thread.
class publication {
public:
  // Errors: std::bad_alloc where there is no room at all; likewise reserve().
  publication(route_key key, std::uint32_t probe_num, arena& memory, arena& spare)
      : key_(key), spare_(&spare), memory_(module_memory::in(memory, spare, key, probe_num)) {}

  // The list of hosts is about to change: numbers the change, and makes room for so many members and slots. Where the
  // memory has none, the publication moves, with the members that it shows now.
  void begin_list(std::uint32_t members, std::uint32_t slots, std::span<const member> shown);

  // Sends pickers to these members. Before the first begin_list() nothing happens.
  void publish(std::span<const member> members, const table_writer::terms& terms) {
    if (memory_.has_room()) memory_.publish(members, terms);
  }

  // A host joins the slot. `numbered`: pickers are shown the number of the host's last change. Other words are the
  // policy's, and begin at 0.
  void join(std::uint32_t slot, const live_value& value, bool numbered);
  // The route gives the host another weight or state. False where they are what they were.
  bool update(std::uint32_t slot, std::uint16_t weight, host_state state);
  // The host left: a picker that still has the membership of before finds a host that takes no calls.
  void leave(const member& host);
  // The host's verdict changed. Returns whether the host takes calls. `numbered` as above.
  bool store_verdict(std::uint32_t slot, verdict changed, bool numbered);
  // Another policy gives the score of every host another meaning.
  void clear_scores(std::uint32_t slots);

  void store_population(const population& hosts);
  void store_median(double ns);
  void store_probe_num(std::uint32_t picks);

  // Tells pickers that the module is gone.
  void retire();
  // Frees its memory, for other modules. REQUIRES: retired; the object is not used any more.
  void free_memory();

  live_value value(std::uint32_t slot) const { return memory_.live().load(slot); }
  // The words of all slots. Valid until the next begin_list().
  live_slot* live() const { return &memory_.live().raw(0); }
  module_view view() const { return memory_.view(); }
  const arena& memory() const { return memory_.memory(); }
  std::uint64_t position() const { return memory_.position(); }

private:
  void move(std::uint32_t members, std::uint32_t slots, std::span<const member> shown);

  const route_key key_;
  arena* const spare_;
  module_memory memory_;
  std::unique_ptr<module_memory> left_;  // the place before the move
  std::uint64_t changes_ = 0;            // of verdicts and lists
};

}  // namespace lars::balance
