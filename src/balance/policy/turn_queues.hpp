// The queues of the policy lars as one picker keeps them: of the idle and of the ejected hosts, each in the order of
// their turns. Looked through as a whole only when hosts or verdicts changed; between two changes a pick takes the head
// and puts it to the tail.
#pragma once

#include <cstdint>
#include <vector>

#include "balance/table/table_view.hpp"
#include "balance/table/verdict.hpp"

namespace lars::balance {

// Hosts are told by their index in the table. Lifetime: its picker's. Threads: owner context only.
class turn_queues {
public:
  static constexpr std::uint32_t none = UINT32_MAX;

  // The queues are those of this table from now on. Hosts that are new, or whose verdict changed since this picker
  // looked, are at the tail, the earliest change first. Looks at each host and allocates where something changed, else
  // compares two words. REQUIRES: the table is of a module.
  void follow(const table_view& table) {
    const auto changes = table.record().changes.load(std::memory_order_acquire);
    if (known_ && version_ == table.version() && changes_ == changes) [[likely]]
      return;
    look(table);
    version_ = table.version();
    changes_ = changes;
    known_ = true;
  }

  // Of the hosts with this verdict at the last look, whose turn it is, and whose after that; `none` at the end. Hosts
  // that took no calls are in no queue. REQUIRES: follow().
  std::uint32_t first(verdict of) const { return next(head_of(of)); }
  std::uint32_t next(std::uint32_t index) const {
    const auto after = links_[index].next;
    return after < size_ ? after : none;
  }

  // The turn of a host that takes calls: the lower the earlier, over both queues. REQUIRES: as above.
  std::uint64_t turn_of(std::uint32_t slot) const { return slot < places_.size() ? places_[slot].turn : no_turn_yet; }

  // It had its turn. REQUIRES: as above; `slot` is its.
  void pass(std::uint32_t index, std::uint32_t slot);

  // The next look is at whatever is there then. Turns stay.
  void forget() { known_ = false; }

private:
  static constexpr std::uint64_t no_turn_yet = UINT64_MAX;

  // A host's, by its slot: from table to table.
  struct place {
    std::uint32_t generation = 0;  // whose it is; 0 = nobody's
    std::uint64_t turn = 0;
    std::uint64_t changed = 0;  // number of the host's last change that was seen
  };
  // Each queue is a ring with its head.
  struct link {
    std::uint32_t next = none;  // none = it is in no queue
    std::uint32_t previous = none;
    std::uint32_t head = none;
  };

  std::uint32_t head_of(verdict of) const { return size_ + (of == verdict::idle ? 0 : 1); }
  void look(const table_view& table);
  void give_turns(const table_view& table);
  void append(std::uint32_t index, std::uint32_t head);

  bool known_ = false;
  std::uint64_t version_ = 0;  // of the table that was looked at
  std::uint64_t changes_ = 0;  // of its module, before the look
  std::uint64_t last_turn_ = 0;
  std::uint32_t size_ = 0;     // of the table
  std::vector<place> places_;  // by slot
  std::vector<link> links_;    // by index; behind them the two heads
};

}  // namespace lars::balance
