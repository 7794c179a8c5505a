#include "balance/policy/p2c.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "balance/load/lone_estimate.hpp"
#include "balance/policy/expected_load.hpp"
#include "balance/policy/parameters.hpp"
#include "balance/policy/random_choice.hpp"

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

// Failed calls to the host: of late as published, or in a row as counted by a picker that is alone.
[[gnu::always_inline]] inline double recent_failures(const choice& of, const candidate& host) {
  const auto& own = of.allowed.own;
  if (!own.alone) [[likely]]
    return static_cast<double>(static_cast<std::int64_t>(host.live->score.load(std::memory_order_relaxed))) / 1024;
  const auto* const note = own.entry_of(host.where, host.slot());
  return note == nullptr ? 0 : own.slots[note - own.entries.data()].run.load(std::memory_order_relaxed);
}

[[gnu::always_inline]] inline ratio score_by_calls(const choice& of, const candidate& host) {
  return {calls_under_way(of, host) + recent_failures(of, host)};
}

// What the picker measured itself; 0 where it has measured nothing. Looking at it lets it fade.
double own_latency(const picker_counts& own, const candidate& host) {
  const auto* const note = own.entry_of(host.where, host.slot());
  if (note == nullptr) return 0;
  const auto place = static_cast<std::size_t>(note - own.entries.data());
  if (place >= own.measured.size()) return 0;
  auto& measured = own.measured[place];
  measured.look(host.where, own.slots[place]);
  measured.fade();
  return measured.ns();
}

// A mean of a few calls says little about small differences, and a picker that always took the lower one would leave
// equal hosts unequal for long. So each comparison multiplies scores by 1 .. 3 at random: equal hosts get equal shares,
// one that is three times as slow loses every comparison.
double blurred(const choice& of, double score) {
  const double drawn = static_cast<double>(of.draw() >> 11) * 0x1p-53;
  return score * (1 + 2 * drawn);
}

// Like score_by_latency(), of a picker that is alone. A host it has not measured gets the next call, one at a time.
ratio score_by_own_latency(const choice& of, const candidate& host) {
  const double calls = calls_under_way(of, host);
  const double latency = own_latency(of.allowed.own, host);
  if (latency == 0) return {calls >= 1 ? out_of_reach + calls : 0};
  return {blurred(of, latency * (calls + 1)), static_cast<double>(std::max<int>(host.value().weight, 1))};
}

// Each host with a chance as its weight in the table says.
struct weighted_draw {
  const choice& of;

  std::uint32_t operator()() const { return draw_by_weight(of.table, of.draw()); }
  index_pair pair(std::uint64_t bits) const { return {draw_by_weight(of.table, bits), (*this)()}; }
};

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
  if (of.allowed.own.alone) [[unlikely]]
    return lowest_of_choices(of, choices, even_draw{of},
                             [&of](const candidate& host) { return score_by_own_latency(of, host); });
  return lowest_of_choices(
      of, choices, even_draw{of}, [&of](const candidate& host) __attribute__((always_inline)) {
        return score_by_latency(of, host);
      });
}

constexpr policy_parameter tau_parameter{
    {"tau", "10s", "100ms .. 10m", "a latency seen so long ago counts e times less"},
    [](policy_settings& to, std::string_view text) {
      return put_duration(to.tau, text, std::chrono::milliseconds(100), std::chrono::minutes(10));
    },
    [](const policy_settings& of) { return base::format_duration(of.tau); }};
constexpr policy_parameter error_latency_parameter{
    {"error_latency", "1s", "1ms .. 30s", "a failed call counts at least as slow as this"},
    [](policy_settings& to, std::string_view text) {
      return put_duration(to.error_latency, text, std::chrono::milliseconds(1), std::chrono::seconds(30));
    },
    [](const policy_settings& of) { return base::format_duration(of.error_latency); }};
constexpr policy_parameter weights_parameter{
    {"weights", "auto", "auto, static",
     "auto = the load that hosts report decides whom the choices fall on, where most report"},
    [](policy_settings& to, std::string_view text) {
      to.follow_reports = text == "auto";
      return text == "auto" || text == "static";
    },
    [](const policy_settings& of) { return std::string(of.follow_reports ? "auto" : "static"); }};

constexpr std::array p2c_parameters{choices_parameter, tau_parameter,          error_latency_parameter,
                                    weights_parameter, window_parameter,       max_adjust_ratio_parameter,
                                    recover_parameter, error_penalty_parameter};
constexpr std::array p2c_aliases{policy_alias{"peak_ewma"}, policy_alias{"ewma"}};

}  // namespace

constexpr policy_definition p2c_policy{
    .kind = policy_kind::p2c,
    .name = "p2c",
    .aliases = p2c_aliases,
    .meaning = "of two hosts the one with the shorter expected wait",
    .parameters = p2c_parameters,
    .by_latency = true,
    .weights = weight_source::load_where_reported,
    .next = p2c_next,
    .cached =
        [](const published_policy& policy) {
          return policy.by_weight || policy.choices != 2 ? cacheable::no : cacheable::latencies;
        },
    .draws = drawing::evenly,
    .mode = [](const policy_settings&,
               bool by_weight) { return std::string_view(by_weight ? "load reports" : "latency"); },
    .score = p2c_score,
    .counts_failures = true,
};

}  // namespace lars::balance
