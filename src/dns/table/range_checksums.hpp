// Count and checksum of the rows behind our table, per range of ids; compared with the database's range sums.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <span>
#include <utility>
#include <vector>

#include "storage/route_row.hpp"

namespace lars::dns {

// The part of a row that its range's checksum needs.
struct row_checksum {
  std::uint64_t range = 0;
  route_key key;
  std::uint32_t crc = 0;
};
row_checksum checksum_of(const storage::route_row& row);

// Flat, because a million rows may live in very many ranges. Threads: owner context only.
// Invariant: ranges ascend; the members of a range are sorted, each once.
class range_checksums {
public:
  // Adds a row while loading. REQUIRES: rows come by ascending id; one that does not is left out, so that its range
  // differs and is read again.
  void add(const row_checksum& row);

  // Ends loading.
  void seal();

  // The ranges whose sums differ from `found` (ascending), appeared or vanished; ascending.
  std::vector<std::uint64_t> differing(std::span<const storage::range_sum> found) const;

  // The ranges with rows of at least one of these modules (sorted); ascending.
  std::vector<std::uint64_t> having(std::span<const route_key> keys) const;

  // Appends the modules recorded in these ranges (ascending).
  void collect(std::span<const std::uint64_t> ranges, std::vector<route_key>& out) const;

  // Replaces these ranges (ascending) by what `rows` add up to. REQUIRES: every row's range is one of them.
  void replace(std::span<const std::uint64_t> ranges, std::vector<row_checksum> rows);

  std::size_t ranges() const { return ranges_.size(); }
  std::uint64_t rows() const;

private:
  struct range_entry {
    std::uint64_t range;
    std::uint64_t rows;
    std::uint64_t crc_sum;
    std::size_t first;  // index of its first module in members_; they end where the next range's begin
  };

  std::span<const route_key> members(std::size_t i) const;
  void copy_range(const range_checksums& from, std::size_t i);
  void end_range();

  std::vector<range_entry> ranges_;
  std::vector<route_key> members_;
};

}  // namespace lars::dns
