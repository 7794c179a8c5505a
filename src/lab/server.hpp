// A simulated server: cores with one first-come-first-served queue, CPU accounting, and load reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "balance/load/load_report.hpp"
#include "lab/duration_law.hpp"
#include "lab/limiter.hpp"
#include "lab/load_window.hpp"

namespace lars::lab {

// Immutable after construction.
struct server_spec {
  std::string kind;  // name of its section in the scenario
  int cores = 1;
  int background_cores = 0;  // cores kept busy by other work
  duration_law service;      // core time of a call
};

// Immutable after construction.
struct report_config {
  instant window = std::chrono::seconds(1);  // period of a report; a multiple of tick
  instant shift{0};                          // qps and eps come from a window this much earlier than utilisation
};

// A call at a server.
struct job {
  std::uint32_t call = 0;
  instant work{0};
};

// Threads: owner context only. Invariants: no more calls run than there are cores without background work; calls start
// in the order of their arrival. REQUIRES: `now` never decreases.
class server {
public:
  server(const server_spec& spec, const report_config& reports, const std::optional<limiter_config>& limit);

  // Whether the limiter refuses a call. `draw` is uniform in 0 .. 1.
  bool refuses(double draw) const { return limiter_ && limiter_->refuses(draw); }
  // A call of this much work was refused.
  void refused(instant work);

  // A call arrives. True = it runs now, false = it waits. REQUIRES: alive().
  bool arrive(const job& one, instant now);
  // A running call has finished. Returns the waiting call that runs now, if any.
  std::optional<job> finish(instant now);

  // Drops every call and all history. REQUIRES: calls dropped here are never finished.
  void die(instant now);
  void start() { alive_ = true; }
  bool alive() const { return alive_; }

  // Called each tick: ends a slot of the load window and updates report and limiter.
  void end_tick(instant now);

  const balance::load_report& report() const { return report_; }
  double limited_share() const { return limiter_ ? limiter_->share() : 0; }
  std::size_t waiting() const { return waiting_.size(); }
  int running() const { return running_; }

  // Core time since the beginning, background work included.
  instant busy_until(instant now);
  int cores() const { return spec_.cores; }
  const duration_law& service() const { return spec_.service; }

private:
  void account(instant now);

  const server_spec spec_;
  const report_config reports_;
  std::optional<limiter> limiter_;
  bool alive_ = true;
  std::deque<job> waiting_;
  int running_ = 0;
  instant since_{0};  // busy_ is complete up to here
  instant busy_{0};
  instant busy_at_tick_{0};
  load_sums slot_;  // since the last tick; its core time is in busy_
  load_window window_;
  balance::load_report report_;
};

}  // namespace lars::lab
