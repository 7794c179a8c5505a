// The calls of a run that have not ended.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "lab/caller.hpp"

namespace lars::lab {

struct call {
  std::uint64_t serial = 0;   // unique; 0 = the entry is free
  std::uint64_t pending = 0;  // order of its next event; 0 = none: it waits in a queue
  std::uint32_t caller = 0;
  std::uint32_t server = 0;
  balance::member host;
  instant began{0};
  instant work{0};
  bool at_server = false;  // waits or runs at its server
  bool given_up = false;   // its caller has timed out
  call_end end = call_end::success;
  std::optional<balance::load_report> report;
};

// A table of calls whose entries are reused. Threads: owner context only.
class call_table {
public:
  std::uint32_t take() {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(calls_.size()));
      calls_.emplace_back();
    }
    const auto place = free_.back();
    free_.pop_back();
    calls_[place] = {};
    calls_[place].serial = ++last_serial_;
    return place;
  }
  void leave(std::uint32_t place) {
    calls_[place].serial = 0;
    calls_[place].pending = 0;
    free_.push_back(place);
  }

  call& at(std::uint32_t place) { return calls_[place]; }
  std::uint32_t places() const { return static_cast<std::uint32_t>(calls_.size()); }
  std::size_t in_use() const { return calls_.size() - free_.size(); }

private:
  std::vector<call> calls_;
  std::vector<std::uint32_t> free_;
  std::uint64_t last_serial_ = 0;
};

// The order in which calls time out. All have the same timeout, so it is the order in which they began.
class deadline_queue {
public:
  struct entry {
    instant at{0};
    std::uint64_t serial = 0;
    std::uint32_t place = 0;
  };
  void push(const entry& one) { entries_.push_back(one); }

  // The first call that still waits; drops ended calls before it.
  std::optional<entry> next(call_table& calls) {
    while (!entries_.empty()) {
      const auto& first = entries_.front();
      if (calls.at(first.place).serial == first.serial && !calls.at(first.place).given_up) return first;
      entries_.pop_front();
    }
    return std::nullopt;
  }

private:
  std::deque<entry> entries_;
};

}  // namespace lars::lab
