// Ablations: callers that balance in a way known to fail, and their control. They exist only in the laboratory and are
// no policies.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lab/caller.hpp"
#include "lab/scenario.hpp"

namespace lars::lab {

enum class ablation_kind {
  aligned,     // weights are qps / (utilisation + errors), over one window: the control
  misaligned,  // the same, but qps comes from a window one second earlier than utilisation
  divided,     // two choices by latency and in-flight calls, divided also by qps / (utilisation + errors)
  corrected,   // the same, divided by weights that move against utilisation and so correct the double count
};

struct ablation_spec {
  std::string_view name;
  ablation_kind kind;
};
std::span<const ablation_spec> all_ablations();
std::optional<ablation_kind> find_ablation(std::string_view name);

caller_factory ablation_callers(ablation_kind kind);

// The scenario, changed as the ablation needs it.
scenario changed_by(ablation_kind kind, scenario plan);

}  // namespace lars::lab
