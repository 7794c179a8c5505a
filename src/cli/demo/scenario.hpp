// The scenario of the demo: all hosts work, one fails, it recovers. Decides when a phase ends and whether it passed.
#pragma once

#include <optional>
#include <string>

#include "cli/demo/checker.hpp"

namespace lars::cli::demo {

enum class phase {
  spread,   // every host works
  failing,  // the host fails
  healing,  // the host works again
};

const char* name_of(phase which);

// Immutable after construction.
struct scenario_config {
  std::size_t hosts = 5;
  std::chrono::milliseconds spread_lasts{2500};  // at least
  std::chrono::milliseconds holds{2000};         // minimum observation after isolation or return
  std::chrono::milliseconds gives_up{7000};      // a phase without a result by then has failed
};

// The result of a phase.
struct phase_verdict {
  phase which = phase::spread;
  bool passed = false;
  std::string finding;  // a sentence with numbers
};

// Pure. Threads: owner context only.
class scenario {
public:
  explicit scenario(const scenario_config& config) : config_(config) {}

  phase now_playing() const { return phase_; }

  // To be called every few dozen milliseconds. Returns a verdict when the phase ends; then the next phase has begun.
  // The first phase follows the last.
  std::optional<phase_verdict> step(const phase_facts& facts);

private:
  std::optional<phase_verdict> check_spread(const phase_facts& facts) const;
  std::optional<phase_verdict> check_failing(const phase_facts& facts);
  std::optional<phase_verdict> check_healing(const phase_facts& facts);
  bool held(bool happened, const phase_facts& facts);

  scenario_config config_;
  phase phase_ = phase::spread;
  bool isolated_ = false;                      // in the latest phase `failing`
  std::optional<base::duration> happened_at_;  // time into the phase when isolation or return was detected
};

}  // namespace lars::cli::demo
