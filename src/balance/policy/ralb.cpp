#include "balance/policy/ralb.hpp"

#include <array>

#include "balance/policy/parameters.hpp"
#include "balance/policy/random_choice.hpp"

namespace lars::balance {
namespace {

constexpr std::array ralb_parameters{window_parameter, max_adjust_ratio_parameter, recover_parameter,
                                     error_penalty_parameter};

}  // namespace

constexpr policy_definition ralb_policy{
    .kind = policy_kind::ralb,
    .name = "ralb",
    .meaning = "any host, with a chance that evens out the utilisation that hosts report",
    .parameters = ralb_parameters,
    .weights = weight_source::load,
    .next = weighted_random_next,
    .draws = drawing::by_weight,
};

}  // namespace lars::balance
