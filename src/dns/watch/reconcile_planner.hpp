// Finds unannounced changes: compares checksums per id range, names the modules to read again, and records the
// checksums of what was read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "dns/table/range_checksums.hpp"

namespace lars::dns {

// Threads: owner context only. No I/O: a pass is begin, add_members, (next_page, on_rows)*, commit; or abandon.
// Invariant: the sums recorded for a range are those of the rows that our table was made from, never the database's
// own figures: rows may have changed between the sums and the rows.
class reconcile_planner {
public:
  explicit reconcile_planner(range_checksums loaded) : checksums_(std::move(loaded)) {}

  // The table's content for this module changed, whoever noticed. The recorded checksums of its ranges are outdated, so
  // the next pass reads these ranges whatever their sums. Otherwise an edit undone by hand would go unseen.
  void touch(route_key key) { touched_.insert(key); }

  // The number of rows behind our table.
  std::uint64_t rows() const { return checksums_.rows(); }

  // Starts a pass with the database's sums (ascending). Returns the ranges whose modules it needs to know, ascending.
  // REQUIRES: no pass is under way.
  const std::vector<std::uint64_t>& begin(std::span<const storage::range_sum> found);

  // Modules that the database has in those ranges.
  void add_members(std::span<const std::pair<std::uint64_t, route_key>> members);

  // The next at most `limit` modules to read again; empty when all have been named.
  std::vector<route_key> next_page(std::size_t limit);

  // The rows read for a page.
  void on_rows(std::span<const row_checksum> rows);

  // Every page was read and applied.
  void commit();

  // Something failed: the next pass finds all of it again. Harmless when none is under way.
  void abandon();

private:
  range_checksums checksums_;
  std::unordered_set<route_key> touched_;

  // Of the pass under way.
  std::vector<route_key> taken_;       // modules touched before the pass began, sorted
  std::vector<std::uint64_t> ranges_;  // whose rows are read, ascending
  std::vector<route_key> modules_;     // to read again
  std::size_t named_ = 0;              // of modules_, by next_page
  std::vector<row_checksum> rows_;     // read so far, of those ranges
};

}  // namespace lars::dns
