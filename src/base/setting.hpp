// A setting that people write as NAME=VALUE: what it is called, what is allowed, and how it is read and shown.
#pragma once

#include <algorithm>
#include <lars/error.hpp>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/field_error.hpp"

namespace lars::base {

// Immutable; all text is static.
struct setting_spec {
  std::string_view name;
  std::string_view fallback;  // its value where none is given
  std::string_view allowed;   // in words
  std::string_view meaning;
};

template <class Config>
struct setting : setting_spec {
  bool (*assign)(Config&, std::string_view text) = nullptr;  // false if the text is not allowed
  std::string (*show)(const Config&) = nullptr;              // assign() reads it back as the same value
};

using setting_map = std::map<std::string, std::string, std::less<>>;

// "a, b, c", "none" for no name. `Named` has a name.
template <class Named>
std::string names_of(std::span<const Named> all) {
  std::string names;
  for (const auto& one : all) names += (names.empty() ? "" : ", ") + std::string(one.name);
  return names.empty() ? "none" : names;
}

// `to` with each of the values in its place, by assign(to, setting, text), which is false if the text is not allowed.
// errc::invalid_argument: the detail names what is wrong and what is allowed, the field is GROUP.NAME.
template <class Config, class Setting, class Assign>
result<Config> assigned(Config to, std::span<const Setting> settings, std::string_view group, const setting_map& values,
                        Assign assign) {
  for (const auto& [name, text] : values) {
    const auto found = std::ranges::find(settings, std::string_view(name), &Setting::name);
    const auto field = std::string(group) + '.' + name;
    if (found == settings.end()) return unknown_field(field, names_of(settings));
    if (!assign(to, *found, text)) return not_allowed(field, text, found->allowed);
  }
  return to;
}

}  // namespace lars::base
