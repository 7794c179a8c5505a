// Whether a database that suddenly holds far less than we serve is to be believed. Tables are dropped and filled again,
// files are put in the place of files, proxies lead to servers that are empty still: such a moment must not reach
// agents.
#pragma once

#include <cstdint>

namespace lars::dns {

// Pure; one for each comparison. Looks are a second apart, each over a connection of its own.
class shrink_guard {
public:
  // Of fewer rows any change is a large part.
  static constexpr std::uint64_t few_rows = 16;

  // A table that fills so slowly that it has not half of its rows after so many looks is served as it is.
  static constexpr int max_reads = 60;

  // Nothing left, or less than half of what was more than a few.
  static constexpr bool is_suspicious(std::uint64_t before, std::uint64_t now) {
    return before > 0 && (now == 0 || (before >= few_rows && now < before / 2));
  }

  explicit shrink_guard(std::uint64_t before) : before_(before) {}

  // `now`: rows that a look found. What is not suspicious is believed, as is what two looks in a row say.
  bool accepts(std::uint64_t now) {
    ++reads_;
    const bool same = reads_ > 1 && last_ == now;
    last_ = now;
    return !is_suspicious(before_, now) || same || reads_ >= max_reads;
  }

  int reads() const { return reads_; }

private:
  std::uint64_t before_;
  std::uint64_t last_ = 0;  // what the look before found
  int reads_ = 0;
};

}  // namespace lars::dns
