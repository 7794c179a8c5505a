#include "balance/p2c.hpp"

#include "balance/expected_load.hpp"
#include "balance/random_choice.hpp"

namespace lars::balance {
namespace {

constexpr double unknown_latency = 1e6;  // nanoseconds: of a host where nobody knows of any

// One call at a time goes to a host that has not answered yet, so that a new host is tried and not flooded.
double score_by_latency(const choice& of, const member& host) {
  const auto* const live = of.table.slot(host.slot);
  const double calls = calls_under_way(of, host);
  const auto known = live == nullptr ? 0 : live->latency.load(std::memory_order_relaxed);
  if (known == 0 && calls >= 1) return out_of_reach + calls;
  const auto median = of.table.median_ns();
  const double latency = known > 0    ? static_cast<double>(known)
                         : median > 0 ? static_cast<double>(median)
                                      : unknown_latency;
  return latency * (calls + 1) / std::max<double>(of.table.live(host.slot).weight, 1);
}

double score_by_calls(const choice& of, const member& host) {
  const auto* const live = of.table.slot(host.slot);
  const auto failures = live == nullptr ? 0 : live->score.load(std::memory_order_relaxed);
  return calls_under_way(of, host) + static_cast<double>(failures) / 1024;
}

}  // namespace

double p2c_score(const choice& of, const member& host) {
  return of.table.policy().by_weight ? score_by_calls(of, host) : score_by_latency(of, host);
}

std::optional<member> p2c_next(const choice& of) {
  const auto choices = of.table.policy().choices;
  const auto score = [&of](const member& host) { return p2c_score(of, host); };
  if (of.table.policy().by_weight)
    return lowest_of_choices(
        of, choices, [&of] { return draw_by_weight(of.table, of.draw); }, score);
  return lowest_of_choices(
      of, choices, [&of] { return of.draw.below(of.table.size()); }, score);
}

}  // namespace lars::balance
