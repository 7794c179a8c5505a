// How a policy's parameters are read and shown, and those that more than one policy has.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "balance/policy/definition.hpp"
#include "base/number.hpp"

namespace lars::balance {

// False if there is no value.
template <class T>
bool put(T& into, const std::optional<T>& value) {
  if (value) into = *value;
  return value.has_value();
}

inline bool put_duration(base::duration& into, std::string_view text, base::duration least, base::duration most) {
  const auto value = base::parse_duration(text, {"ms", "s", "m"});
  if (!value || *value < least || *value > most) return false;
  into = std::chrono::duration_cast<base::duration>(*value);
  return true;
}

inline constexpr policy_parameter choices_parameter{
    {"choices", "2", "whole number 0, or 2 .. 64", "hosts drawn and compared at a pick; 0 = every host"},
    [](policy_settings& to, std::string_view text) {
      return put(to.choices, base::parse_number<std::uint32_t>(text, 0, 64)) && to.choices != 1;
    },
    [](const policy_settings& of) { return std::to_string(of.choices); }};

// Of weights that follow the load that hosts report.
inline constexpr policy_parameter window_parameter{
    {"window", "3s", "100ms .. 60s", "reported loads are averaged over this, then weights move"},
    [](policy_settings& to, std::string_view text) {
      return put_duration(to.window, text, std::chrono::milliseconds(100), std::chrono::seconds(60));
    },
    [](const policy_settings& of) { return base::format_duration(of.window); }};
inline constexpr policy_parameter max_adjust_ratio_parameter{
    {"max_adjust_ratio", "2.5", "number 1 .. 100",
     "a weight is at most so many times its base, and at least that part of it"},
    [](policy_settings& to, std::string_view text) {
      return put(to.max_adjust_ratio, base::parse_number<double>(text, 1, 100));
    },
    [](const policy_settings& of) { return base::format_number(of.max_adjust_ratio); }};
inline constexpr policy_parameter recover_parameter{
    {"recover", "0.1", "number 0.01 .. 1", "part of its base weight that a new or returned host begins with"},
    [](policy_settings& to, std::string_view text) {
      return put(to.recover, base::parse_number<double>(text, 0.01, 1));
    },
    [](const policy_settings& of) { return base::format_number(of.recover); }};
inline constexpr policy_parameter error_penalty_parameter{
    {"error_penalty", "1", "number 0 .. 10", "utilisation that a host which fails every call is taken to have besides"},
    [](policy_settings& to, std::string_view text) {
      return put(to.error_penalty, base::parse_number<double>(text, 0, 10));
    },
    [](const policy_settings& of) { return base::format_number(of.error_penalty); }};

}  // namespace lars::balance
