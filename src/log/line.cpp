#include "log/line.hpp"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

namespace lars::log {
namespace {

const char* name(level severity) {
  switch (severity) {
    case level::debug:
      return "debug";
    case level::info:
      return "info";
    case level::warn:
      return "warn";
    case level::error:
      return "error";
  }
  return "error";
}

std::string timestamp(std::chrono::system_clock::time_point when) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm date{};
  gmtime_r(&seconds, &date);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday,
                     date.tm_hour, date.tm_min, date.tm_sec, ms % 1000);
}

// Escapes control characters, with which a peer could forge lines, and bytes above 127, which may not be valid UTF-8.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '"' || c == '\\' || c == '=') return false;
  }
  return true;
}

void append_number(std::string& out, double value, bool json) {
  if (json && !std::isfinite(value))
    out += "null";
  else
    out += fmt::format("{:g}", value);
}

struct value_writer {
  std::string& out;
  bool json;

  void operator()(std::string_view text) const {
    if (!json && is_plain(text))
      out += text;
    else
      append_quoted(out, text);
  }
  void operator()(std::int64_t value) const { out += std::to_string(value); }
  void operator()(std::uint64_t value) const { out += std::to_string(value); }
  void operator()(double value) const { append_number(out, value, json); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
};

}  // namespace

std::string text_line(std::chrono::system_clock::time_point when, level severity, std::string_view event, fields list) {
  std::string out = timestamp(when) + ' ' + name(severity) + ' ' + std::string(event);
  for (const auto& item : list) {
    out += ' ';
    out += item.name;
    out += '=';
    std::visit(value_writer{out, false}, item.value);
  }
  return out;
}

std::string json_line(std::chrono::system_clock::time_point when, level severity, std::string_view event, fields list) {
  std::string out = "{\"time\":\"" + timestamp(when) + "\",\"level\":\"" + name(severity) + "\",\"event\":";
  append_quoted(out, event);
  for (const auto& item : list) {
    out += ',';
    append_quoted(out, item.name);
    out += ':';
    std::visit(value_writer{out, true}, item.value);
  }
  out += '}';
  return out;
}

}  // namespace lars::log
