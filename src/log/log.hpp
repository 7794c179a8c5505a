// Structured log: one line per event, as text for people or JSON for programs, to stderr or a file.
//   log::info("dns.loaded", {{"modules", 1200}, {"ms", 35}});
// Threads: any thread; no call but flush() waits for a write. Errors: none are returned; lines that cannot be written
// are dropped, and the event log.dropped reports how many.
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
  level least = level::info;   // lowest level that is logged
  format form = format::text;  // of each line: text or a JSON object
  std::string file;            // empty = stderr
};

// Replaces level, format and output. errc::io_failed if the file cannot be opened; then nothing changes.
result<void> configure(const log_config& config);

// One name and value of an event. Borrows text, which must live until the call returns.
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

// Waits until all lines are written, for use before the process ends. False if that takes longer than `patience`.
bool flush(std::chrono::milliseconds patience);

// Lines dropped since the start of the process.
std::uint64_t dropped_lines();

// Rate limit for events that peers can cause: true if the caller may log `event` now. If events were suppressed since
// the last one, first logs log.left_out with their number.
bool admit(throttle& lines, std::string_view event);

inline void debug(std::string_view event, fields list = {}) { write(level::debug, event, list); }
inline void info(std::string_view event, fields list = {}) { write(level::info, event, list); }
inline void warn(std::string_view event, fields list = {}) { write(level::warn, event, list); }
inline void error(std::string_view event, fields list = {}) { write(level::error, event, list); }

}  // namespace lars::log
