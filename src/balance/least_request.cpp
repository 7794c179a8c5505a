#include "balance/least_request.hpp"

#include "balance/expected_load.hpp"
#include "balance/policy_settings.hpp"

namespace lars::balance {

double least_request_score(const choice& of, const member& host) {
  const double calls = calls_under_way(of, host);
  const double weight = std::max<double>(of.table.live(host.slot).weight, 1);
  switch (static_cast<request_rule>(of.table.policy().rule)) {
    case request_rule::plain:
      return calls;
    case request_rule::weighted:
      return calls / weight;
    case request_rule::shortest_delay:
      return (calls + 1) / weight;
    case request_rule::never_queue:
      // An idle host, however slow, before one that is busy.
      return calls == 0 ? -weight : (calls + 1) / weight;
  }
  return calls;
}

std::optional<member> least_request_next(const choice& of) {
  return lowest_of_choices(
      of, of.table.policy().choices, [&of] { return of.draw.below(of.table.size()); },
      [&of](const member& host) { return least_request_score(of, host); });
}

}  // namespace lars::balance
