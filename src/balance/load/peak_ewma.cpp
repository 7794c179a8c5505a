#include "balance/load/peak_ewma.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/portable_math.hpp"

namespace lars::balance {
namespace {

constexpr double most_ns = 30e9;
constexpr double least_ns = 1e3;
constexpr std::uint32_t quiet_ms = 1000;  // without a call before a host drifts

std::uint32_t to_ms(base::time_point now) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
}
double to_ns(base::duration span) { return static_cast<double>(std::chrono::nanoseconds(span).count()); }

}  // namespace

std::uint32_t peak_ewma::turn(base::time_point now) {
  const auto ms = to_ms(now);
  return ms - std::exchange(seen_ms_, ms);
}

double peak_ewma::kept(std::uint32_t passed_ms, const ewma_terms& terms) {
  return passed_ms == 0 ? 1 : base::portable_exp(-static_cast<double>(passed_ms) * 1e6 / to_ns(terms.tau));
}

// A power takes longer than all else of it, and news for the worse need none.
void peak_ewma::take(double sample, std::uint32_t passed_ms, const ewma_terms& terms) {
  sample = std::clamp(sample, least_ns, most_ns);
  if (sample >= ns_) {
    ns_ = static_cast<float>(sample);
    return;
  }
  const double age_weight = kept(passed_ms, terms);
  ns_ = static_cast<float>(ns_ * age_weight + sample * (1 - age_weight));
}

void peak_ewma::observe(const observation& calls, const ewma_terms& terms, base::time_point now) {
  if (calls.ends == 0) return;
  const auto passed = turn(now);
  const double peak = static_cast<double>(calls.peak_us) * 1e3;
  const double mean = static_cast<double>(calls.latency_us_sum) * 1e3 / static_cast<double>(calls.ends);
  if (calls.ends > calls.failures && mean > 0) {
    // Of several calls the average fades in as one sample would; the longest counts where it is longer than all before.
    take(mean, passed, terms);
    if (calls.failures == 0 && peak > ns_) take(peak, 0, terms);
  }
  if (calls.failures > 0)
    take(std::max({peak, to_ns(terms.error_latency), 2 * static_cast<double>(ns_)}), passed, terms);
}

void peak_ewma::drift(double median_ns, const ewma_terms& terms, base::time_point now) {
  if (!known() || median_ns <= 0 || to_ms(now) - seen_ms_ < quiet_ms) return;
  // An untold latency loses its weight three times as quickly as one that news replaces.
  const double once = kept(turn(now), terms);
  const double age_weight = once * once * once;
  ns_ = static_cast<float>(ns_ * age_weight + median_ns * (1 - age_weight));
}

}  // namespace lars::balance
