#include "app/setting_sources.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "app/ini_file.hpp"
#include "app/old_file.hpp"
#include "app/service_link.hpp"
#include "log/log.hpp"

namespace lars::app {
namespace {

result<void> assign_file(const std::string& file, const std::vector<role_kind>& roles, setting_table& table) {
  auto content = read_ini(file);
  if (!content) return content.error();
  if (is_old_file(*content)) {
    auto translated = translate_old_file(*content, roles);
    if (!translated) return translated.error();
    content->entries = std::move(*translated);
  } else {
    for (const ini_section& section : content->sections)
      if (!is_section(section.name))
        return {errc::invalid_argument,
                content->at(section.line) + ": unknown section [" + section.name + "]; allowed: " + section_names()};
  }
  for (const ini_entry& entry : content->entries)
    if (auto done = table.assign(entry.section, entry.name, entry.value, content->at(entry.line)); !done) return done;
  return {};
}

// A variable that starts with the name of a section must be a key of that section. Other names, such as LARS_CLIENT_*
// for callers and LARS_TEST_* for tests, are ignored.
result<void> assign_variable(const std::string& name, const std::string& value, setting_table& table) {
  if (is_service_link(name, value)) {
    log::debug("app.service_link_ignored", {{"variable", name}});
    return {};
  }
  std::string_view claimed_section;
  for (const key_spec& key : all_keys()) {
    if (variable_name(key) == name) return table.assign(key.section, key.name, value, name);
    const std::string all = variable_name(key);
    if (name.starts_with(all.substr(0, all.size() - key.name.size()))) claimed_section = key.section;
  }
  if (claimed_section.empty()) return {};
  return {errc::invalid_argument, name + ": [" + std::string(claimed_section) +
                                      "] has no such key; allowed: LARS_SECTION_KEY with one of the keys " +
                                      key_names(claimed_section)};
}

result<void> assign_set(const std::string& text, setting_table& table) {
  const auto equals = text.find('=');
  const auto dot = text.find('.');
  if (equals == std::string::npos || dot == std::string::npos || dot > equals)
    return {errc::invalid_argument, "--set " + text + ": not of the form section.key=value"};
  const std::string key = text.substr(0, equals);
  return table.assign(key.substr(0, dot), key.substr(dot + 1), text.substr(equals + 1), "--set " + key);
}

}  // namespace

variables process_environment() {
  variables all;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) all.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return all;
}

result<setting_table> gather(const setting_sources& sources) {
  setting_table table;
  for (const std::string& text : sources.presets)
    if (const auto done = assign_set(text, table); !done) return done.error();
  if (sources.file)
    if (const auto done = assign_file(*sources.file, sources.roles, table); !done) return done.error();
  for (const auto& [name, value] : sources.environment)
    if (const auto done = assign_variable(name, value, table); !done) return done.error();
  for (const std::string& text : sources.sets)
    if (const auto done = assign_set(text, table); !done) return done.error();
  return table;
}

}  // namespace lars::app
