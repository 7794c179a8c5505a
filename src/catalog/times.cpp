#include "catalog/times.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

#include "base/field_error.hpp"
#include "base/number.hpp"

namespace lars::catalog {
namespace {

constexpr std::int64_t far_future = 253'402'300'799;  // the last second of the year 9999
constexpr std::int64_t most_rows = 120;

std::optional<std::int64_t> before_now(std::string_view text, std::int64_t now) {
  if (!text.starts_with('-') || text.find('.') != std::string_view::npos) return std::nullopt;
  const auto length = base::parse_duration(text.substr(1), {"s", "m", "h", "d"});
  if (!length || *length > std::chrono::seconds(far_future)) return std::nullopt;
  return now - std::chrono::duration_cast<std::chrono::seconds>(*length).count();
}

// Parses `count` digits at position `at`.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// "2026-11-24T10:00[:00][Z]"
std::optional<std::int64_t> iso_time(std::string_view text) {
  if (!text.empty() && text.back() == 'Z') text.remove_suffix(1);
  const bool with_seconds = text.size() == 19;
  if (!with_seconds && text.size() != 16) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':') return std::nullopt;
  if (with_seconds && text[16] != ':') return std::nullopt;
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2);
  const auto second = with_seconds ? digits(text, 17, 2) : std::optional<int>(0);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 86400 + *hour * 3600 + *minute * 60 + *second;
}

}  // namespace

result<std::int64_t> parse_time(std::string_view text, std::string_view field, std::int64_t now) {
  if (text == "now") return now;
  if (const auto relative = before_now(text, now)) return *relative;
  if (const auto unix_seconds = base::parse_number<std::int64_t>(text);
      unix_seconds && *unix_seconds >= 0 && *unix_seconds <= far_future)
    return *unix_seconds;
  if (const auto iso = iso_time(text)) return *iso;
  return base::not_allowed(field, text, "now, -30m (s, m, h, d), Unix seconds, 2026-11-24T10:00:00Z");
}

result<std::uint32_t> parse_step(std::string_view text) {
  if (text == "10" || text == "10s") return std::uint32_t{10};
  if (text == "60" || text == "1m") return std::uint32_t{60};
  if (text == "3600" || text == "1h") return std::uint32_t{3600};
  return base::not_allowed("step", text, "10s, 1m, 1h");
}

std::uint32_t fitting_step(std::int64_t seconds) {
  for (const std::uint32_t step : {10u, 60u})
    if (seconds <= most_rows * step) return step;
  return 3600;
}

std::string format_time(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace lars::catalog
