// Everything that is to be known of a policy, in one place. Each policy's file defines one; the registry lists them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "balance/policy/choice.hpp"
#include "balance/table/policy_settings.hpp"
#include "base/setting.hpp"

namespace lars::balance {

using policy_parameter = base::setting<policy_settings>;

struct policy_alias {
  std::string_view name;
  void (*apply)(policy_settings&) = nullptr;  // what it says beyond which policy; null = nothing
};

// What the weights in a module's table are made from.
enum class weight_source : std::uint8_t {
  nothing,              // there are none
  routes,               // the hosts' weights
  load,                 // the load that hosts report
  load_where_reported,  // the same, while most hosts report it and policy_settings::follow_reports is set; else nothing
};

// How hosts come to be picked or compared, for people.
enum class drawing : std::uint8_t {
  in_turn,
  evenly,     // at random; by weight where published_policy::by_weight is set
  by_weight,  // at random, or in turn as often as the weight says
};

// Immutable, with static lifetime.
struct policy_definition {
  policy_kind kind;
  policy_kind fallback = kind;  // for callers whose library does not know `kind`: one of layout 6.0
  std::string_view name;
  std::span<const policy_alias> aliases = {};
  std::string_view meaning;
  std::span<const policy_parameter> parameters = {};

  // The agent's half: what it keeps for the policy.
  bool by_latency = false;  // observes how long calls take
  bool by_order = false;    // numbers the hosts' changes
  weight_source weights = weight_source::nothing;

  // The picker's half: the member to pick, or `nobody`. `own_trials`: it also chooses among ejected hosts, which go in
  // turn otherwise.
  std::uint32_t (*next)(const choice&) = nullptr;
  bool own_trials = false;
  cacheable (*cached)(const published_policy&) = nullptr;  // what score_cache can do; null = nothing

  // The explanation.
  drawing draws = drawing::in_turn;
  std::string_view (*mode)(const policy_settings&, bool by_weight) = nullptr;  // null = it has but one
  double (*score)(const choice&, const candidate&) = nullptr;                  // null = it compares nothing
  bool counts_failures = false;                                                // in live_slot::score
};

}  // namespace lars::balance
