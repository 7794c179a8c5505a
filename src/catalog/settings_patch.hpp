// The changes of `module set` to the settings of a module. Pure.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/module_settings.hpp"

namespace lars::catalog {

// Absent members leave a setting unchanged. Exception: if `policy` is set, `parameter` replaces all parameters, because
// parameters belong to a policy.
struct settings_patch {
  std::optional<std::string> policy{};
  base::module_settings::named_values parameter{};  // empty value = remove the parameter
  base::module_settings::named_values health{};     // empty value = remove the threshold
  std::optional<std::uint32_t> subset_size{};

  bool empty() const { return !policy && parameter.empty() && health.empty() && !subset_size; }
};

// Parses NAME=VALUE words of `group`, parameter or health. errc::invalid_argument, about the group or GROUP.NAME, for
// another form or a repeated name.
result<base::module_settings::named_values> parse_values(std::string_view group, std::span<const std::string> words);

// 0 .. most_subset_hosts; the field is subset_size.
inline constexpr std::uint32_t most_subset_hosts = 1'000'000;
result<std::uint32_t> parse_subset_size(std::string_view text);

// Applies the patch. errc::invalid_argument if the result is invalid; it names the allowed values and its field:
// policy, parameter.NAME or health.NAME.
result<base::module_settings> patched(const base::module_settings& current, const settings_patch& patch);

// errc::invalid_argument if the settings are invalid, as of patched().
result<void> check_settings(const base::module_settings& settings);

}  // namespace lars::catalog
