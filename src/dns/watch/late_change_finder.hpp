// Finds change rows that become visible far below the highest id: of a transaction that was open while others
// committed many, or of a node of a cluster whose ids lag behind another's.
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
  // Looks are so far apart, or further where they would take the database more than a tenth of its time. The shorter
  // one of the last two says how long a look takes: one that had to wait for others does not delay the next.
  static constexpr base::duration interval = std::chrono::milliseconds(400);
  static constexpr int pauses_a_look = 9;

  // A row is found if its id was given at most so long ago: of a transaction that was open for so long. Twice the time
  // may be covered; a row that comes later still is found by a reconcile.
  static constexpr base::duration horizon = std::chrono::minutes(10);

  // Ids below the highest that are looked at, at most.
  static constexpr std::uint64_t most_ids = 1024 * storage::range_width;

  // `counts` are of widest(end), read before the routes were loaded.
  late_change_finder(std::uint64_t end, std::span<const storage::change_count> counts, base::time_point now);

  // The ids up to `end` that are looked at where nothing is known.
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
