// Decides what a reconcile pass does next: compare the database's range sums with ours, read what differs, then compare
// the settings.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "dns/table/range_checksums.hpp"
#include "dns/watch/confirmation.hpp"
#include "dns/watch/reconcile_planner.hpp"
#include "dns/watch/shrink_guard.hpp"
#include "dns/watch/skip_rule.hpp"
#include "storage/change_stamp.hpp"
#include "storage/route_row.hpp"

namespace lars::dns {

// What to do next.
struct reconcile_step {
  enum class kind {
    read_sign,          // read the database's sign of change, then on_sign
    read_sums,          // read the range sums, over a new connection if `reconnect`, then on_sums
    pause,              // wait for reread_interval, then on_paused
    reconnect_updates,  // the next refresh must use a new connection; then on_reconnected
    read_members,       // read which modules have rows in `ranges`, then on_members
    refresh,            // read `modules` again as `how` says, then on_refreshed
    routes_compared,    // nothing to do: what differed between the routes has been read
    read_settings,      // read all settings and find those that differ, then on_settings
    refresh_settings,   // read `modules` again
    settings_compared,  // nothing to do: the same of the settings
    done                // the pass is complete: end(true)
  };
  kind what = kind::done;
  bool reconnect = false;
  confirmation how = confirmation::unconfirmed;
  std::vector<std::uint64_t> ranges = {};
  std::vector<route_key> modules = {};
  std::size_t ranges_read = 0;   // by this pass
  std::size_t modules_read = 0;  // by this pass
};

// What became of range sums.
struct sums_check {
  bool accepted = false;
  int reads = 0;            // of sums in this pass
  std::uint64_t held = 0;   // rows behind our table
  std::uint64_t found = 0;  // rows in the database
};

// A conversation: begin, then next() and the answer to each step until it says done, then end(). When a step fails:
// end(false). Threads: owner context only. Time is an argument; nothing is logged or read here.
class reconcile_decider {
public:
  // Pages keep each read short, so that polls and stops wait little and memory stays small whatever differs.
  static constexpr std::size_t ranges_per_page = 64;
  static constexpr std::size_t modules_per_page = 512;

  // Between two reads of sums that are in doubt.
  static constexpr base::duration reread_interval = std::chrono::seconds(1);

  // The table was loaded from rows with these checksums. Once, before begin().
  void on_loaded(range_checksums checksums) { planner_.emplace(std::move(checksums)); }

  // The table's content for this module changed, whoever noticed. REQUIRES: loaded.
  void on_changed(route_key module) { planner_->touch(module); }

  // `sign` was read at `began`, just before the table was loaded: an unchanged database needs no first comparison.
  void on_sign_before_load(const std::optional<storage::change_stamp>& sign, base::time_point began) {
    skip_rule_.on_compared(sign, began);
  }

  // The database was away. Changes may have left no sign, until a pass that began later has compared everything.
  void distrust();
  bool trusts() const { return settled_doubts_ == doubts_; }

  void begin(base::time_point now);
  reconcile_step next();
  void on_sign(const std::optional<storage::change_stamp>& sign);
  sums_check on_sums(std::vector<storage::range_sum> sums);
  void on_paused() { stage_ = stage::sums; }
  void on_reconnected() { plan_reads(); }
  void on_members(std::span<const std::pair<std::uint64_t, route_key>> members);
  void on_refreshed(std::span<const row_checksum> rows) { planner_->on_rows(rows); }
  void on_settings(std::vector<route_key> differing);

  // `complete`: next() said done. Otherwise the next pass compares everything again.
  void end(bool complete);

private:
  enum class stage { sign, sums, pause, reconnect, members, modules, settings, settings_modules, done };

  void plan_reads();
  reconcile_step next_members();
  reconcile_step next_modules();
  reconcile_step next_settings();

  std::optional<reconcile_planner> planner_;  // once loaded
  skip_rule skip_rule_;
  std::uint64_t doubts_ = 0;          // so far
  std::uint64_t settled_doubts_ = 0;  // those that a pass has settled

  // Of the pass under way.
  stage stage_ = stage::done;
  base::time_point began_;
  std::uint64_t doubts_at_begin_ = 0;
  std::optional<storage::change_stamp> sign_;
  std::optional<shrink_guard> guard_;
  confirmation how_ = confirmation::unconfirmed;
  std::vector<storage::range_sum> sums_;  // accepted, not compared yet
  std::vector<std::uint64_t> ranges_;     // that differ
  std::vector<route_key> settings_;       // modules whose settings differ
  std::size_t ranges_read_ = 0;           // of ranges_
  std::size_t modules_read_ = 0;
  std::size_t settings_read_ = 0;  // of settings_
};

}  // namespace lars::dns
