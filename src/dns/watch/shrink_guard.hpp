// Decides whether a table that suddenly lost most of its rows is accepted. Tables are dropped and refilled, database
// files are replaced, a proxy may lead to a server that is still empty: such a moment must not reach agents.
#pragma once

#include <cstdint>

namespace lars::dns {

// Pure; one for each comparison. Reads are a second apart, each over a new connection.
class shrink_guard {
public:
  // Below this, half of the rows may vanish by an ordinary edit.
  static constexpr std::uint64_t few_rows = 16;

  // After this many reads the table is accepted as it is.
  static constexpr int max_reads = 60;

  // No row is left, or less than half of at least few_rows.
  static constexpr bool is_suspicious(std::uint64_t before, std::uint64_t now) {
    return before > 0 && (now == 0 || (before >= few_rows && now < before / 2));
  }

  explicit shrink_guard(std::uint64_t before) : before_(before) {}

  // `now`: rows found by this read. Accepts what is not suspicious, and what two reads in a row agree on.
  bool accepts(std::uint64_t now) {
    ++reads_;
    const bool same = reads_ > 1 && last_ == now;
    last_ = now;
    return !is_suspicious(before_, now) || same || reads_ >= max_reads;
  }

  int reads() const { return reads_; }

private:
  std::uint64_t before_;
  std::uint64_t last_ = 0;  // rows found by the previous read
  int reads_ = 0;
};

}  // namespace lars::dns
