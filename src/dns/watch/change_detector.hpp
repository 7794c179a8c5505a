// Decides what to read after each poll of the database, so that no announced change is missed, whoever wrote it and in
// whatever order its parts became visible.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "dns/table/shard_order.hpp"
#include "dns/watch/late_change_finder.hpp"
#include "storage/route_row.hpp"

namespace lars::dns {

// What to do next.
struct poll_step {
  enum class kind {
    wait,           // nothing until the next poll
    read_changes,   // read the change rows with ids greater than `after`, then on_changes
    count_changes,  // count the change rows with the ids `ids`, then on_counts
    read_ranges,    // read the change rows of `ranges`, then on_late_changes
    refresh,        // read `modules` again, then on_refreshed
    reconcile,      // changes were missed: compare everything soon
  };
  kind what = kind::wait;
  std::uint64_t after = 0;
  std::vector<route_key> modules = {};
  storage::id_span ids = {};
  std::vector<std::uint64_t> ranges = {};
};

// A conversation: on_poll, then next() until it says wait. A step that fails is not reported: next() names it again
// after the next successful poll. Threads: owner context only. Time is an argument, nothing is logged or read here.
class change_detector {
public:
  // Ids commit out of order: change rows this far below the highest known are read again.
  static constexpr std::uint64_t lookback = 256;

  // The parts of a change become visible one after the other, the last one possibly without changing the mark (two
  // changes in one second). For this long after the mark last changed, every poll reads the change rows too.
  static constexpr base::duration settle_time = std::chrono::seconds(2);

  // If another program deletes change rows, a change in the same second as the one before has the same version and
  // leaves no trace. After this time that second is over, and a second reconcile finds the change.
  static constexpr base::duration second_look = std::chrono::milliseconds(1100);

  // Modules in one refresh step. More wait for the next step, so that polls go on.
  static constexpr std::size_t refresh_limit = 512;

  // Ranges read by one step.
  static constexpr std::size_t range_limit = 16;

  // `loaded`: the mark of the snapshot that was loaded.
  change_detector(storage::change_mark loaded, base::time_point now);

  // Also detects change rows that appear late, below the lookback. `counts` cover the ids up to late_ids_end(mark). The
  // mark was read before the counts, and both before the routes were loaded. Call before the first on_poll().
  void watch_late(storage::change_mark mark, std::span<const storage::change_count> counts, base::time_point now);
  static std::uint64_t late_ids_end(const storage::change_mark& mark);

  void on_poll(storage::change_mark mark, base::time_point now);
  void on_changes(std::span<const storage::change_row> rows);
  // `began`: when the rows were counted. Returns how many ranges have rows that came late.
  std::size_t on_counts(std::span<const storage::change_count> counts, base::time_point began, base::time_point now);
  void on_late_changes(std::span<const storage::change_row> rows);
  void on_refreshed(std::span<const route_key> modules);

  poll_step next();

private:
  void pass_on(std::span<const storage::change_row> rows);
  void explain_version(std::int64_t version);
  void end_late_look();
  void forget_late();
  void suspect_loss();

  // The fields that distinguish a change row from a later one with the same id.
  struct seen_row {
    std::uint64_t id;
    route_key key;
    std::int64_t version;
    bool operator==(const seen_row&) const = default;
  };

  storage::change_mark known_;                  // whose changes were all seen
  std::optional<storage::change_mark> polled_;  // its change rows are to be read
  base::time_point settled_at_;
  base::time_point polled_at_;
  std::optional<base::time_point> look_again_at_;  // when to reconcile once more
  std::vector<seen_row> seen_;                     // of the last window, sorted by id
  std::vector<std::int64_t> unexplained_;          // versions of rows whose RouteVersion has not been seen to move yet
  std::set<route_key, shard_order> owed_;          // modules announced and not read yet
  std::optional<late_change_finder> late_;         // nullopt where rows cannot come late
  std::uint64_t late_end_ = 0;                     // late_ covers the ids up to this one
  bool counts_due_ = false;
  std::vector<std::uint64_t> late_ranges_;  // to be read
  std::optional<std::int64_t> unsettled_;   // a new version that only a late row can explain
  bool reconcile_ = false;
};

}  // namespace lars::dns
