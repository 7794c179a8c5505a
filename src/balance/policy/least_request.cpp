#include "balance/policy/least_request.hpp"

#include <array>
#include <cstdint>
#include <string_view>

#include "balance/policy/expected_load.hpp"
#include "balance/policy/parameters.hpp"
#include "balance/table/policy_settings.hpp"

namespace lars::balance {
namespace {

ratio score_of(const choice& of, const candidate& host) {
  const double calls = calls_under_way(of, host);
  const double weight = std::max<double>(host.value().weight, 1);
  switch (static_cast<request_rule>(of.table.policy().rule)) {
    case request_rule::plain:
      return {calls};
    case request_rule::weighted:
      return {calls, weight};
    case request_rule::shortest_delay:
      return {calls + 1, weight};
    case request_rule::never_queue:
      // An idle host, however slow, before one that is busy.
      if (calls == 0) return {-weight};
      return {calls + 1, weight};
  }
  return {calls};
}

double least_request_score(const choice& of, const candidate& host) { return score_of(of, host).value(); }

std::uint32_t least_request_next(const choice& of) {
  return lowest_of_choices(of, of.table.policy().choices, even_draw{of},
                           [&of](const candidate& host) { return score_of(of, host); });
}

std::string_view rule_name(const policy_settings& policy, bool) {
  switch (policy.rule) {
    case request_rule::plain:
      return "calls";
    case request_rule::weighted:
      return "calls over weight";
    case request_rule::shortest_delay:
      return "shortest delay";
    case request_rule::never_queue:
      return "never queue";
  }
  return {};
}

// Each of these weighs every host by definition.
template <request_rule Rule>
void every_host(policy_settings& to) {
  to.rule = Rule;
  to.choices = 0;
}

void without_weights(policy_settings& to) { to.rule = request_rule::plain; }

constexpr std::array least_request_aliases{
    policy_alias{"least_conn", without_weights},
    policy_alias{"leastactive", without_weights},
    policy_alias{"lc", without_weights},
    policy_alias{"wlc"},
    policy_alias{"sed", every_host<request_rule::shortest_delay>},
    policy_alias{"nq", every_host<request_rule::never_queue>},
};
constexpr std::array least_request_parameters{choices_parameter};

}  // namespace

constexpr policy_definition least_request_policy{
    .kind = policy_kind::least_request,
    .name = "least_request",
    .aliases = least_request_aliases,
    .meaning =
        "the host with fewest calls under way for its weight; lc ignores weights, sed and nq count the call to be "
        "made",
    .parameters = least_request_parameters,
    .next = least_request_next,
    .draws = drawing::evenly,
    .mode = rule_name,
    .score = least_request_score,
};

}  // namespace lars::balance
