// The hosts of an ablation's caller, each with a note, found by index.
#pragma once

#include <algorithm>
#include <vector>

#include "lab/caller.hpp"

namespace lars::lab {

// `Note` is what the caller remembers of a host. Threads: owner context only.
template <class Note>
class ablation_hosts {
public:
  struct entry {
    balance::member who;
    Note note;
  };

  // Replaces the hosts. Hosts that stay keep their notes.
  void set(std::span<const host> hosts) {
    std::vector<entry> next;
    for (const auto& one : hosts) {
      const auto old = std::ranges::find(entries_, one.where, [](const entry& e) { return e.who.where; });
      next.push_back(old != entries_.end() ? *old : entry{{one.where, server_of(one.where), ++last_generation_}, {}});
    }
    entries_ = std::move(next);
    places_.clear();
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      const auto slot = entries_[i].who.slot;
      if (slot >= places_.size()) places_.resize(slot + 1, UINT32_MAX);
      places_[slot] = i;
    }
  }

  // Null where the host is gone, or its slot belongs to another host.
  Note* find(const balance::member& who) {
    if (who.slot >= places_.size() || places_[who.slot] == UINT32_MAX) return nullptr;
    auto& found = entries_[places_[who.slot]];
    return found.who.generation == who.generation ? &found.note : nullptr;
  }

  std::vector<entry>& all() { return entries_; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }

private:
  std::vector<entry> entries_;
  std::vector<std::uint32_t> places_;  // by slot
  std::uint32_t last_generation_ = 0;
};

}  // namespace lars::lab
