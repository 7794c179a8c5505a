#include "lab/ini_text.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace lars::lab {
namespace {

// Adds a line to `sections`. Returns what is wrong with it; empty = it was added.
std::string take_line(std::string_view line, int number, std::vector<ini_section>& sections) {
  line = base::trimmed(line);
  if (line.empty() || line.front() == ';' || line.front() == '#') return {};
  if (line.front() == '[' && line.back() == ']') {
    const auto title = base::trimmed(line.substr(1, line.size() - 2));
    const auto blank = std::min(title.find_first_of(" \t"), title.size());
    ini_section next{std::string(title.substr(0, blank)), std::string(base::trimmed(title.substr(blank))), number, {}};
    const auto same = [&](const ini_section& one) { return one.kind == next.kind && one.name == next.name; };
    if (std::ranges::any_of(sections, same)) return "[" + std::string(title) + "] is there twice";
    sections.push_back(std::move(next));
    return {};
  }
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return "'" + std::string(line) + "' is neither [section] nor key = value";
  if (sections.empty()) return "a key before any [section]";
  const std::string key(base::trimmed(line.substr(0, equals)));
  auto& entries = sections.back().entries;
  if (std::ranges::find(entries, key, &ini_entry::key) != entries.end()) return key + " is there twice";
  entries.push_back({key, std::string(base::trimmed(line.substr(equals + 1))), number});
  return {};
}

}  // namespace

result<std::vector<ini_section>> parse_ini(std::string_view text, std::string_view file) {
  std::vector<ini_section> sections;
  int number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    ++number;
    if (const auto wrong = take_line(text.substr(0, end), number, sections); !wrong.empty())
      return {errc::invalid_argument, std::string(file) + ':' + std::to_string(number) + ": " + wrong};
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return sections;
}

}  // namespace lars::lab
