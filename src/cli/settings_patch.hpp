// What `module set` changes of a module's settings. Pure.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <optional>
#include <span>
#include <string>

#include "base/module_settings.hpp"

namespace lars::cli {

// What is absent stays, save that parameters belong to their policy: with a policy named, those given are all there
// are.
struct settings_patch {
  std::optional<std::string> policy{};
  base::module_settings::named_values parameter{};  // an empty value: back to the default
  base::module_settings::named_values health{};     // likewise
  std::optional<std::uint32_t> subset_size{};

  bool empty() const { return !policy && parameter.empty() && health.empty() && !subset_size; }
};

// NAME=VALUE words. errc::invalid_argument: one is none, or a name comes twice.
result<base::module_settings::named_values> parse_values(std::span<const std::string> words);

// errc::invalid_argument: what would come out is not allowed; the detail says what is.
result<base::module_settings> patched(const base::module_settings& current, const settings_patch& patch);

// errc::invalid_argument likewise.
result<void> check_settings(const base::module_settings& settings);

}  // namespace lars::cli
