// The demo's plot: all well, one host fails, it heals. Decides when a phase is over and what it showed.
#pragma once

#include <optional>
#include <string>

#include "cli/demo/checker.hpp"

namespace lars::cli::demo {

enum class phase {
  spread,   // every host is well
  failing,  // the host fails
  healing,  // the host is well again
};

const char* name_of(phase which);

// Immutable after construction.
struct scenario_config {
  std::size_t hosts = 5;
  std::chrono::milliseconds spread_lasts{2500};  // at least
  std::chrono::milliseconds holds{2000};     // how long isolation and return are watched once they happened, at least
  std::chrono::milliseconds gives_up{7000};  // a phase that shows nothing by then has failed
};

// How one phase ended.
struct phase_verdict {
  phase which = phase::spread;
  bool passed = false;
  std::string finding;  // a sentence with figures
};

// Pure. Threads: owner context only.
class scenario {
public:
  explicit scenario(const scenario_config& config) : config_(config) {}

  phase now_playing() const { return phase_; }

  // Called every few dozen milliseconds. A verdict when the phase is over; the next one has begun then (the first one
  // follows the last).
  std::optional<phase_verdict> step(const phase_facts& facts);

private:
  std::optional<phase_verdict> check_spread(const phase_facts& facts) const;
  std::optional<phase_verdict> check_failing(const phase_facts& facts);
  std::optional<phase_verdict> check_healing(const phase_facts& facts);
  bool held(bool happened, const phase_facts& facts);

  scenario_config config_;
  phase phase_ = phase::spread;
  bool isolated_ = false;                      // in the latest phase `failing`
  std::optional<base::duration> happened_at_;  // into the phase: when isolation or return was noticed
};

}  // namespace lars::cli::demo
