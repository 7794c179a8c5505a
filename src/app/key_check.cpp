#include "app/key_check.hpp"

#include "base/endpoint.hpp"
#include "base/number.hpp"

namespace lars::app {
namespace {

// Refuses NaN too, because it compares false with both limits.
template <class T>
bool in_range(const key_spec& key, std::string_view text) {
  const auto value = base::parse_number<T>(text);
  return value && static_cast<double>(*value) >= key.least && static_cast<double>(*value) <= key.most;
}

bool is_choice(std::string_view choices, std::string_view text) {
  while (true) {
    const auto bar = choices.find('|');
    if (choices.substr(0, bar) == text) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
}

constexpr std::string_view sqlite_prefix = "sqlite3://";

bool is_url(std::string_view text) { return text.starts_with(sqlite_prefix) || text.starts_with("mysql://"); }

// In these values a quote or a comment would become part of a file name.
bool is_free_text(const key_spec& key, std::string_view text) {
  return key.kind == value_kind::path || key.kind == value_kind::name ||
         (key.kind == value_kind::url && text.starts_with(sqlite_prefix));
}

// Detects syntax of other configuration formats; returns advice, empty = nothing found.
std::string_view foreign_syntax(std::string_view text) {
  if (text.starts_with(sqlite_prefix)) text.remove_prefix(sqlite_prefix.size());
  if (text.starts_with('"') || text.starts_with('\''))
    return "quotes would be part of the value; write it without them";
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  for (std::size_t i = 1; i < text.size(); ++i)
    if ((text[i] == ';' || text[i] == '#') && blank(text[i - 1])) return "a comment needs a line of its own";
  return {};
}

bool fits(const key_spec& key, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  switch (key.kind) {
    case value_kind::ipv4:
      return base::parse_ipv4(text).has_value();
    case value_kind::integer:
      return in_range<long long>(key, text);
    case value_kind::real:
      return in_range<double>(key, text);
    case value_kind::endpoints:
      return text.empty() || base::parse_endpoints(text).has_value();
    case value_kind::duration: {
      const auto value = parse_duration(text);
      return value && static_cast<double>(value->count()) >= key.least &&
             static_cast<double>(value->count()) <= key.most;
    }
    case value_kind::choice:
      return is_choice(key.choices, text);
    case value_kind::path:
    case value_kind::name:
      return true;
    case value_kind::url:
      return is_url(text);
  }
  return false;
}

}  // namespace

result<void> check_value(const key_spec& key, std::string_view text) {
  const std::string_view advice = foreign_syntax(text);
  if (fits(key, text) && (advice.empty() || !is_free_text(key, text))) return {};
  const std::string shown = key.kind == value_kind::url ? "" : " = '" + std::string(text) + "'";
  const std::string why = advice.empty() ? "" : ": " + std::string(advice);
  return {errc::invalid_argument, shown_name(key) + shown + " is not allowed" + why + "; allowed: " + allowed(key)};
}

result<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::chrono::hours most(24 * 365 * 1000);
  const auto length = base::parse_duration(text, {"s", "m", "h", "d"});
  if (!length || *length > most || text.find('.') != std::string_view::npos) return errc::invalid_argument;
  return std::chrono::duration_cast<std::chrono::seconds>(*length);
}

}  // namespace lars::app
