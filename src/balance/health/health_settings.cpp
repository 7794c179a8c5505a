#include "balance/health/health_settings.hpp"

#include <array>
#include <chrono>
#include <cstdint>

#include "base/number.hpp"

namespace lars::balance {
namespace {

constexpr std::uint32_t most_calls = 1'000'000;
constexpr std::uint32_t most_seconds = 86'400;

template <auto Member>
bool assign_count(health_config& to, std::string_view text, std::uint32_t least) {
  const auto value = base::parse_number<std::uint32_t>(text, least, most_calls);
  if (value) to.*Member = *value;
  return value.has_value();
}

template <auto Member>
bool assign_share(health_config& to, std::string_view text) {
  const auto value = base::parse_number<double>(text, 0, 1);
  if (value) to.*Member = *value;
  return value.has_value();
}

template <auto Member>
bool assign_seconds(health_config& to, std::string_view text) {
  const auto value = base::parse_number<std::uint32_t>(text, 1, most_seconds);
  if (value) to.*Member = std::chrono::seconds(*value);
  return value.has_value();
}

template <auto Member>
constexpr health_setting count(base::setting_spec spec) {
  return {spec, [](health_config& to, std::string_view text) { return assign_count<Member>(to, text, 0); },
          [](const health_config& of) { return std::to_string(of.*Member); }};
}

template <auto Member>
constexpr health_setting count_from_one(base::setting_spec spec) {
  return {spec, [](health_config& to, std::string_view text) { return assign_count<Member>(to, text, 1); },
          [](const health_config& of) { return std::to_string(of.*Member); }};
}

template <auto Member>
constexpr health_setting share(base::setting_spec spec) {
  return {spec, assign_share<Member>, [](const health_config& of) { return base::format_number(of.*Member); }};
}

template <auto Member>
constexpr health_setting seconds(base::setting_spec spec) {
  return {spec, assign_seconds<Member>, [](const health_config& of) { return std::to_string((of.*Member).count()); }};
}

// The texts are those of the configuration's table.
constexpr std::array thresholds{
    count<&health_config::probe_num>(
        {"probe_num", "10", "whole number 0 .. 1000000", "picks between two probes of overloaded hosts"}),
    count<&health_config::init_succ_cnt>(
        {"init_succ_cnt", "180", "whole number 0 .. 1000000", "successes credited to a host that becomes idle"}),
    count<&health_config::init_err_cnt>(
        {"init_err_cnt", "5", "whole number 0 .. 1000000", "failures debited to a host that becomes overloaded"}),
    share<&health_config::err_rate>(
        {"err_rate", "0.1", "number 0 .. 1", "an idle host becomes overloaded above this share of failures"}),
    share<&health_config::succ_rate>(
        {"succ_rate", "0.5", "number 0 .. 1", "an overloaded host becomes idle above this share of successes"}),
    count_from_one<&health_config::contin_err_limit>(
        {"contin_err_limit", "15", "whole number 1 .. 1000000",
         "an idle host becomes overloaded at this many failures in a row"}),
    count_from_one<&health_config::contin_succ_limit>(
        {"contin_succ_limit", "15", "whole number 1 .. 1000000",
         "an overloaded host becomes idle at this many successes in a row"}),
    share<&health_config::window_err_rate>(
        {"window_err_rate", "0.7", "number 0 .. 1",
         "an idle host becomes overloaded when a window ends with at least this share of failures"}),
    seconds<&health_config::idle_timeout>(
        {"idle_timeout", "15", "whole number 1 .. 86400", "length of an idle host's window in seconds"}),
    seconds<&health_config::overload_timeout>({"overload_timeout", "15", "whole number 1 .. 86400",
                                               "an overloaded host gets another chance after so many seconds"}),
};

}  // namespace

std::span<const health_setting> all_health_settings() { return thresholds; }

result<health_config> make_health(const health_config& base, const base::setting_map& values) {
  return base::assigned(base, all_health_settings(), "health setting", values);
}

}  // namespace lars::balance
