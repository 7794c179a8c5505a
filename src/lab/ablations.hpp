// Callers that do what POLICIES warns of, to show that it fails, and their control. They are no policies: nobody can
// have them but this laboratory.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lab/caller.hpp"
#include "lab/scenario.hpp"

namespace lars::lab {

enum class ablation_kind {
  aligned,     // weights are qps / (utilisation + errors), over one window: the control
  misaligned,  // the same while servers tell qps of a window one second earlier
  divided,     // two choices by latency and calls under way, divided by qps / (utilisation + errors) besides
  corrected,   // the same divided by weights that move against utilisation: those correct what is counted twice
};

struct ablation_spec {
  std::string_view name;
  ablation_kind kind;
};
std::span<const ablation_spec> all_ablations();
std::optional<ablation_kind> find_ablation(std::string_view name);

caller_factory ablation_callers(ablation_kind kind);

// The scenario as it is under the ablation.
scenario changed_by(ablation_kind kind, scenario plan);

}  // namespace lars::lab
