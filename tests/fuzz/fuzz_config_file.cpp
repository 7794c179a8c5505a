// A configuration file of arbitrary bytes is read or refused; a refusal names the file; a file that was read reads the
// same when written again; and no number out of bounds gets into the settings table.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "app/ini_file.hpp"
#include "app/key_table.hpp"
#include "app/old_file.hpp"
#include "app/setting_table.hpp"
#include "expect.hpp"

namespace {

using lars::fuzz::expect;
using lars::fuzz::planted;
namespace app = lars::app;

std::string written(const app::ini_content& content) {
  std::string text;
  for (const auto& section : content.sections) {
    text += "[" + section.name + "]\n";
    for (const auto& entry : content.entries)
      if (entry.section == section.name) text += entry.name + " = " + entry.value + "\n";
  }
  return text;
}

void check_lines(const app::ini_content& content, const std::string& text) {
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  for (const auto& entry : content.entries) {
    expect(entry.line >= 1 && entry.line <= lines, "a key's line is in the file");
    expect(content.find(entry.section, entry.name) == &entry, "a key is there once");
    expect(!(planted && entry.value.size() > 3 && entry.value.back() == '9'), "no value ends so");
  }
}

void check_same(const app::ini_content& first, const app::ini_content& second) {
  expect(first.entries.size() == second.entries.size(), "as many keys are read again");
  for (const auto& entry : first.entries) {
    const auto* again = second.find(entry.section, entry.name);
    expect(again != nullptr && again->value == entry.value, "a value reads as it was written");
  }
}

// Read by the C library, which shares nothing with the reader under test.
void check_bounds(const app::key_spec& key, const std::string& text) {
  using app::value_kind;
  if (key.kind != value_kind::integer && key.kind != value_kind::real && key.kind != value_kind::duration) return;
  char* end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  expect(end != text.c_str() && std::isfinite(value), "a number is one");
  if (key.kind == value_kind::duration) {
    const auto unit = std::string_view("smhd").find(*end);
    expect(unit != std::string_view::npos, "a duration has a unit");
    constexpr double seconds[] = {1, 60, 3'600, 86'400};
    value *= seconds[unit];
    ++end;
  }
  expect(end == text.c_str() + text.size(), "a number is all of its value");
  expect(key.kind == value_kind::real || value == std::trunc(value), "a whole number is one");
  expect(value >= key.least && value <= key.most, "a number keeps its bounds");
}

void check_assigned(const app::ini_content& content, const std::vector<app::ini_entry>& entries) {
  app::setting_table table;
  for (const auto& entry : entries) {
    const auto done = table.assign(entry.section, entry.name, entry.value, content.at(entry.line));
    if (done) {
      expect(table.value(entry.section, entry.name) == entry.value, "an assigned value counts");
      check_bounds(*app::find_key(entry.section, entry.name), entry.value);
    } else {
      expect(done.error().detail.starts_with("any.conf:"), "a refusal names the file and line");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(lars::fuzz::text(data, size));
  const auto read = app::parse_ini(text, "any.conf");
  if (!read) {
    expect(read.error().detail.starts_with("any.conf:"), "a refusal names the file and line");
    return 0;
  }
  check_lines(*read, text);
  const auto again = app::parse_ini(written(*read), "again.conf");
  expect(again.has_value(), "what was read, written anew, is a file");
  check_same(*read, *again);
  if (!app::is_old_file(*read)) {
    check_assigned(*read, read->entries);
    return 0;
  }
  const auto translated = app::translate_old_file(*read, {});
  if (translated)
    check_assigned(*read, *translated);
  else
    expect(translated.error().detail.starts_with("any.conf:"), "a refusal names the file and line");
  return 0;
}
