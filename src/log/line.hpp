// Formats one event as a line. Pure: the time is an argument.
#pragma once

#include <chrono>
#include <string>

#include "log/log.hpp"

namespace lars::log {

// 2026-11-21T21:00:00.123Z info dns.loaded modules=1200 reason="two words"
std::string text_line(std::chrono::system_clock::time_point when, level severity, std::string_view event, fields list);

// {"time":"2026-11-21T21:00:00.123Z","level":"info","event":"dns.loaded","modules":1200}
std::string json_line(std::chrono::system_clock::time_point when, level severity, std::string_view event, fields list);

}  // namespace lars::log
