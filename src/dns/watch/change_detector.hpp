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

// A conversation: on_poll, then next() until it says wait. An answer that fails is simply not reported: next() after
// the next successful poll asks again. Threads: owner context only. Time is an argument, nothing is logged or read
// here.
class change_detector {
public:
  // Ids commit out of order: change rows this far below the highest known are read again.
  static constexpr std::uint64_t lookback = 256;

  // A change's parts become visible one after the other, the last of them maybe without any inequality (two changes in
  // one second): for this long after the last sign of change, every poll is followed by a look at the change rows.
  static constexpr base::duration settle_time = std::chrono::seconds(2);

  // Beside a program that deletes change rows, a change may leave no trace at all where it shares its second, and so
  // its version, with the one before. That second is over after this time, and a second look finds what it held.
  static constexpr base::duration second_look = std::chrono::milliseconds(1100);

  // Modules named by one refresh step: more wait for the next, so that polls go on meanwhile.
  static constexpr std::size_t refresh_limit = 512;

  // Ranges read by one step.
  static constexpr std::size_t range_limit = 16;

  // `loaded`: the mark that belongs to what was loaded.
  change_detector(storage::change_mark loaded, base::time_point now);

  // Looks for change rows that come late, beyond the lookback. `counts` are of the ids up to late_ids_end(mark) of a
  // mark that was read before them, and both before the routes were loaded. Before the first on_poll().
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

  // A change row as far as it can be told from another one that reuses its id.
  struct seen_row {
    std::uint64_t id;
    route_key key;
    std::int64_t version;
    bool operator==(const seen_row&) const = default;
  };

  storage::change_mark known_;                  // handled
  std::optional<storage::change_mark> polled_;  // its change rows are to be read
  base::time_point settled_at_;
  base::time_point polled_at_;
  std::optional<base::time_point> look_again_at_;  // to reconcile once more
  std::vector<seen_row> seen_;                     // of the last window, sorted by id
  std::vector<std::int64_t> unexplained_;          // versions of rows whose RouteVersion has not been seen to move yet
  std::set<route_key, shard_order> owed_;          // announced, not yet read
  std::optional<late_change_finder> late_;         // where rows may come late
  std::uint64_t late_end_ = 0;                     // the ids up to this one are late_'s
  bool counts_due_ = false;
  std::vector<std::uint64_t> late_ranges_;  // to be read
  std::optional<std::int64_t> unsettled_;   // a version that moved; maybe a late row explains it
  bool reconcile_ = false;
};

}  // namespace lars::dns
