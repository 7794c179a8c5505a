#include "balance/health/health_settings.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/number.hpp"

namespace lars::balance {
namespace {

constexpr double most_calls = 1'000'000;
constexpr double most_seconds = 86'400;

template <auto Member>
void store_count(health_config& to, double value) {
  to.*Member = static_cast<std::uint32_t>(value);
}
template <auto Member>
void store_share(health_config& to, double value) {
  to.*Member = value;
}
template <auto Member>
void store_seconds(health_config& to, double value) {
  to.*Member = std::chrono::seconds(static_cast<std::int64_t>(value));
}

template <auto Member>
constexpr health_setting count(base::setting_spec spec, std::string_view unit, double least = 0) {
  return {spec, unit, true, least, most_calls, store_count<Member>};
}
template <auto Member>
constexpr health_setting share(base::setting_spec spec) {
  return {spec, "share", false, 0, 1, store_share<Member>};
}
template <auto Member>
constexpr health_setting seconds(base::setting_spec spec) {
  return {spec, "s", true, 1, most_seconds, store_seconds<Member>};
}

constexpr std::string_view any_count = "whole number 0 .. 1000000";
constexpr std::string_view some_count = "whole number 1 .. 1000000";
constexpr std::string_view any_share = "number 0 .. 1";
constexpr std::string_view any_seconds = "whole number 1 .. 86400";

using config = health_config;

// clang-format off
constexpr std::array thresholds{
    count<&config::probe_num>({"probe_num", "10", any_count, "picks between two trials of ejected hosts"}, "picks"),
    count<&config::init_succ_cnt>({"init_succ_cnt", "180", any_count, "successes credited to a host that returns"}, "calls"),
    count<&config::init_err_cnt>({"init_err_cnt", "5", any_count, "failures charged to a host that is ejected"}, "calls"),
    share<&config::err_rate>({"err_rate", "0.1", any_share, "an idle host is ejected above this share of failures"}),
    share<&config::succ_rate>({"succ_rate", "0.5", any_share, "an ejected host returns above this share of successes"}),
    count<&config::contin_err_limit>({"contin_err_limit", "15", some_count, "an idle host is ejected after this many failures in a row"}, "calls", 1),
    count<&config::contin_succ_limit>({"contin_succ_limit", "15", some_count, "an ejected host returns after this many successes in a row"}, "calls", 1),
    share<&config::window_err_rate>({"window_err_rate", "0.7", any_share, "an idle host is ejected when a window ends with at least this share of failures"}),
    seconds<&config::idle_timeout>({"idle_timeout", "15", any_seconds, "length of an idle host's window"}),
    seconds<&config::overload_timeout>({"overload_timeout", "15", any_seconds, "an ejected host gets another chance after this time"}),
};
// clang-format on

std::optional<double> number_of(const health_setting& setting, std::string_view text) {
  if (!setting.whole) return base::parse_number<double>(text, setting.least, setting.most);
  const auto value = base::parse_number<std::uint32_t>(text);
  if (!value || *value < setting.least || *value > setting.most) return std::nullopt;
  return *value;
}

}  // namespace

std::span<const health_setting> all_health_settings() { return thresholds; }

result<health_config> make_health(const health_config& base, const base::setting_map& values) {
  return base::assigned(base, all_health_settings(), "health", values,
                        [](health_config& to, const health_setting& one, std::string_view text) {
                          const auto value = number_of(one, text);
                          if (value) one.store(to, *value);
                          return value.has_value();
                        });
}

}  // namespace lars::balance
