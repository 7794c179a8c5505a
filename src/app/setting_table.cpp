#include "app/setting_table.hpp"

#include "app/key_check.hpp"

namespace lars::app {
namespace {

std::size_t index_of(const key_spec& key) { return static_cast<std::size_t>(&key - all_keys().data()); }

}  // namespace

setting_table::setting_table() {
  for (const key_spec& key : all_keys()) settings_.push_back({std::string(key.fallback), {}});
}

result<void> setting_table::assign(std::string_view section, std::string_view name, std::string value,
                                   std::string origin) {
  const std::string at = origin + ": ";
  if (!is_section(section))
    return {errc::invalid_argument, at + "unknown section [" + std::string(section) + "]; allowed: " + section_names()};
  const key_spec* key = find_key(section, name);
  if (!key)
    return {errc::invalid_argument, at + "[" + std::string(section) + "] has no key '" + std::string(name) +
                                        "'; allowed: " + key_names(section)};
  if (const auto fits = check_value(*key, value); !fits) return {errc::invalid_argument, at + fits.error().detail};
  settings_[index_of(*key)] = {std::move(value), std::move(origin)};
  return {};
}

const setting& setting_table::at(std::string_view section, std::string_view name) const {
  return settings_[index_of(*find_key(section, name))];
}

}  // namespace lars::app
