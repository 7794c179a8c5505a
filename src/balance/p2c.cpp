#include "balance/p2c.hpp"

#include "balance/expected_load.hpp"
#include "balance/random_choice.hpp"

namespace lars::balance {
namespace {

constexpr std::uint64_t unknown_latency = 1'000'000;  // nanoseconds: of a host where nobody knows of any

// One call at a time goes to a host that has not answered yet, so that a new host is tried and not flooded.
[[gnu::always_inline]] inline ratio score_by_latency(const choice& of, const candidate& host) {
  const double calls = calls_under_way(of, host);
  auto latency = host.live->latency.load(std::memory_order_relaxed);
  if (latency == 0) [[unlikely]] {
    if (calls >= 1) return {out_of_reach + calls};
    const auto median = of.table.median_ns();
    latency = median > 0 ? median : unknown_latency;
  }
  return {static_cast<double>(static_cast<std::int64_t>(latency)) * (calls + 1),
          static_cast<double>(std::max<int>(host.value().weight, 1))};
}

[[gnu::always_inline]] inline ratio score_by_calls(const choice& of, const candidate& host) {
  const auto failures = static_cast<std::int64_t>(host.live->score.load(std::memory_order_relaxed));
  return {calls_under_way(of, host) + static_cast<double>(failures) / 1024};
}

// Each host with a chance as its weight in the table says.
struct weighted_draw {
  const choice& of;

  std::uint32_t operator()() const { return draw_by_weight(of.table, of.draw()); }
  index_pair pair(std::uint64_t bits) const { return {draw_by_weight(of.table, bits), (*this)()}; }
};

}  // namespace

double p2c_score(const choice& of, const candidate& host) {
  return (of.table.policy().by_weight ? score_by_calls(of, host) : score_by_latency(of, host)).value();
}

std::uint32_t p2c_next(const choice& of) {
  const auto choices = of.table.policy().choices;
  if (of.table.policy().by_weight)
    return lowest_of_choices(
        of, choices, weighted_draw{of}, [&of](const candidate& host) __attribute__((always_inline)) {
          return score_by_calls(of, host);
        });
  return lowest_of_choices(
      of, choices, even_draw{of}, [&of](const candidate& host) __attribute__((always_inline)) {
        return score_by_latency(of, host);
      });
}

}  // namespace lars::balance
