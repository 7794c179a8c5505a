// One simulated server: cores that take calls first come, first served, an account of its CPU, and its load reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "balance/load_report.hpp"
#include "lab/duration_law.hpp"
#include "lab/limiter.hpp"
#include "lab/load_window.hpp"

namespace lars::lab {

// Immutable after construction.
struct server_spec {
  std::string kind;  // what its section of the scenario calls it
  int cores = 1;
  int background_cores = 0;  // of those, kept busy by something else
  duration_law service;      // core time of a call
};

// Immutable after construction.
struct report_config {
  instant window = std::chrono::seconds(1);  // what a report sums up; a multiple of tick
  instant shift{0};                          // qps and eps are of a window so much earlier than the utilisation's
};

// A call at a server.
struct job {
  std::uint32_t call = 0;
  instant work{0};
};

// Threads: owner context only. Invariants: no more calls run than cores are free of background; calls start in the
// order of their arrival. REQUIRES, everywhere: `now` never decreases.
class server {
public:
  server(const server_spec& spec, const report_config& reports, const std::optional<limiter_config>& limit);

  // Whether the limiter refuses a call; `draw` is uniform within 0 .. 1.
  bool refuses(double draw) const { return limiter_ && limiter_->refuses(draw); }
  // A call of that much work was refused.
  void refused(instant work);

  // A call is here: true = it runs from now on, false = it waits. REQUIRES: alive().
  bool arrive(const job& one, instant now);
  // A running call is done; the one that runs instead, if any waited.
  std::optional<job> finish(instant now);

  // Drops every call, remembers nothing. Its calls of that moment will never be finished.
  void die(instant now);
  void start() { alive_ = true; }
  bool alive() const { return alive_; }

  // Each tick: ends a slot of the account; the report and the limiter follow it.
  void end_tick(instant now);

  const balance::load_report& report() const { return report_; }
  double limited_share() const { return limiter_ ? limiter_->share() : 0; }
  std::size_t waiting() const { return waiting_.size(); }
  int running() const { return running_; }

  // Core time spent since the beginning, the background's included.
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
  instant since_{0};  // up to which busy_ is complete
  instant busy_{0};
  instant busy_at_tick_{0};
  load_sums slot_;  // since the last tick; its busy is kept above
  load_window window_;
  balance::load_report report_;
};

}  // namespace lars::lab
