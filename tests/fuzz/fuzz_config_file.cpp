// A configuration file of any bytes is read or refused, never worse; a refusal names the file; what was read, written
// anew, reads the same; and no value that is out of bounds gets into the settings.
#include <algorithm>
#include <string>

#include "app/ini_file.hpp"
#include "app/key_check.hpp"
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

void check_assigned(const app::ini_content& content, const std::vector<app::ini_entry>& entries) {
  app::setting_table table;
  for (const auto& entry : entries) {
    const auto done = table.assign(entry.section, entry.name, entry.value, content.at(entry.line));
    if (done)
      expect(table.value(entry.section, entry.name) == entry.value, "an assigned value counts");
    else
      expect(done.error().detail.starts_with("any.conf:"), "a refusal names the file and line");
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
