// One line an event, for people (text) or programs (JSON), to stderr or a file.
//   log::info("dns.loaded", {{"modules", 1200}, {"ms", 35}});
// Threads: any thread; nobody waits for the line to be written. Errors: none reach the caller; a line that cannot be
// written is dropped, and the event log.dropped says how many were.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <lars/error.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "log/throttle.hpp"

namespace lars::log {

enum class level { debug, info, warn, error };
enum class format { text, json };

struct log_config {
  level least = level::info;   // events below it are dropped
  format form = format::text;  // one line each: text or a JSON object
  std::string file;            // empty = stderr
};

// Replaces where and how lines are written. errc::io_failed when the file cannot be opened; then nothing changes.
result<void> configure(const log_config& config);

// A name and a value of an event. Text is borrowed: it must live until the call returns.
struct field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  field(std::string_view n, bool v) : name(n), value(v) {}
  field(std::string_view n, double v) : name(n), value(v) {}
  field(std::string_view n, std::signed_integral auto v) : name(n), value(static_cast<std::int64_t>(v)) {}
  field(std::string_view n, std::unsigned_integral auto v) : name(n), value(static_cast<std::uint64_t>(v)) {}
  field(std::string_view n, std::string_view v) : name(n), value(v) {}
  field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
};

using fields = std::initializer_list<field>;

void write(level severity, std::string_view event, fields list);

// Waits until all that was logged is written, or the time has passed: before the process ends. True when it is.
bool flush(std::chrono::milliseconds patience);

// Lines dropped since the start of the process.
std::uint64_t dropped_lines();

// True when a line about something that strangers cause may be written now. Where lines were left out since the last
// one, an event log.left_out says how many.
bool admit(throttle& lines, std::string_view event);

inline void debug(std::string_view event, fields list = {}) { write(level::debug, event, list); }
inline void info(std::string_view event, fields list = {}) { write(level::info, event, list); }
inline void warn(std::string_view event, fields list = {}) { write(level::warn, event, list); }
inline void error(std::string_view event, fields list = {}) { write(level::error, event, list); }

}  // namespace lars::log
