#include "balance/policy/least_request.hpp"

#include "balance/policy/expected_load.hpp"
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

}  // namespace

double least_request_score(const choice& of, const candidate& host) { return score_of(of, host).value(); }

std::uint32_t least_request_next(const choice& of) {
  return lowest_of_choices(of, of.table.policy().choices, even_draw{of},
                           [&of](const candidate& host) { return score_of(of, host); });
}

}  // namespace lars::balance
