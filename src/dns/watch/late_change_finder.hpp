// Finds change rows that appear far below the highest id: from a long transaction, or from a cluster node whose ids lag
// behind.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "storage/route_row.hpp"

namespace lars::dns {

// Counts rows, a range of ids at a time, and compares with those that were seen: one statement whose answer is small.
// The ids just below the highest, whose rows are read themselves (change_detector), are not among them. A row that
// comes just when another of its range vanishes is missed. Pure; time is an argument. Threads: owner context only.
// Times and ids never decrease, except by forget().
class late_change_finder {
public:
  // Counts are at least this far apart, and take at most a tenth of the database's time. The shorter of the last two
  // counts is the measure: a single count that had to wait does not delay the next.
  static constexpr base::duration interval = std::chrono::milliseconds(400);
  static constexpr int pauses_a_look = 9;

  // A row is found if its id was allocated at most this long ago (up to twice as long may be covered). A later row is
  // found by a reconcile.
  static constexpr base::duration horizon = std::chrono::minutes(10);

  // At most this many ids below the highest are counted.
  static constexpr std::uint64_t most_ids = 1024 * storage::range_width;

  // `counts` are of widest(end), read before the routes were loaded.
  late_change_finder(std::uint64_t end, std::span<const storage::change_count> counts, base::time_point now);

  // The widest span that ends at `end`.
  static storage::id_span widest(std::uint64_t end);

  bool is_due(base::time_point now) const { return now >= due_; }

  // `row` has been seen, and is one of the ids up to `end`. REQUIRES: all new ones of these ids come, in any order.
  void add(std::uint64_t id);

  // The ids to count.
  storage::id_span span(std::uint64_t end) const;

  // What span() was found to hold, by a look that began at `began`. Returns the ranges in which rows appeared.
  std::vector<std::uint64_t> on_counts(std::span<const storage::change_count> counts, std::uint64_t end,
                                       base::time_point began, base::time_point now);

  // Another database, or other ids: what the next look finds is all there is.
  void forget();

private:
  void move_on(std::uint64_t end, base::time_point now);

  std::map<std::uint64_t, std::uint64_t> seen_;  // rows, by range
  bool known_ = true;                            // seen_ is what there is
  std::uint64_t first_range_ = 0;                // ids of earlier ones are given up
  std::uint64_t next_first_range_;               // where the ids were at moved_at_
  base::time_point moved_at_;
  base::duration took_{};  // by the last look
  base::time_point due_;
};

}  // namespace lars::dns
