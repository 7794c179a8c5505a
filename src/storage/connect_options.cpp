#include "storage/connect_options.hpp"

#include <algorithm>

namespace lars::storage {
namespace {

constexpr std::string_view blanks = " \t\r\n";

bool is_key_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// Reads one value and removes it from the front. False if a quote is missing or misplaced.
bool read_value(std::string_view& text, std::string& value) {
  const bool quoted = !text.empty() && text.front() == '\'';
  if (quoted) text.remove_prefix(1);
  while (!text.empty()) {
    char c = text.front();
    if (!quoted && blanks.find(c) != std::string_view::npos) return true;
    text.remove_prefix(1);
    if (c == '\'') return quoted;
    if (c == '\\') {
      if (text.empty()) return false;
      c = text.front();
      text.remove_prefix(1);
    }
    value += c;
  }
  return !quoted;
}

std::string quoted(const std::string& value) {
  const bool plain = !value.empty() && value.find_first_of(" \t\r\n'\\") == std::string::npos;
  if (plain) return value;
  std::string out = "'";
  for (char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + '\'';
}

}  // namespace

result<connect_options> parse_connect_options(std::string_view text) {
  connect_options options;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (text.empty()) return options;
    const auto end = std::find_if_not(text.begin(), text.end(), is_key_char);
    std::string key(text.begin(), end);
    text.remove_prefix(key.size());
    if (key.empty() || text.empty() || text.front() != '=')
      return {errc::invalid_argument,
              key.empty() ? "expected key=value pairs, separated by blanks" : "expected '=' right after '" + key + "'"};
    text.remove_prefix(1);
    std::string value;
    if (!read_value(text, value))
      return {errc::invalid_argument, "the value of '" + key + "' has an unmatched quote or backslash"};
    if (find_option(options, key)) return {errc::invalid_argument, "'" + key + "' is given twice"};
    options.emplace_back(std::move(key), std::move(value));
  }
}

std::string format_connect_options(const connect_options& options) {
  std::string text;
  for (const auto& [key, value] : options) {
    if (!text.empty()) text += ' ';
    text += key + '=' + quoted(value);
  }
  return text;
}

const std::string* find_option(const connect_options& options, std::string_view key) {
  const auto found =
      std::find_if(options.begin(), options.end(), [&](const auto& option) { return option.first == key; });
  return found == options.end() ? nullptr : &found->second;
}

}  // namespace lars::storage
