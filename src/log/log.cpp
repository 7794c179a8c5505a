#include "log/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "log/line.hpp"

namespace lars::log {
namespace {

spdlog::level::level_enum to_spdlog(level severity) {
  switch (severity) {
    case level::debug:
      return spdlog::level::debug;
    case level::info:
      return spdlog::level::info;
    case level::warn:
      return spdlog::level::warn;
    case level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// What write() uses. Replaced whole by configure(), so a line is written by the old or the new one, never by half of
// each.
struct writer {
  log_config config;
  std::shared_ptr<spdlog::logger> sink;
};

std::shared_ptr<const writer> make_writer(const log_config& config) {
  spdlog::sink_ptr sink;
  if (config.file.empty())
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  else
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(config.file);
  auto logger = std::make_shared<spdlog::logger>("lars", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(to_spdlog(config.least));
  logger->flush_on(spdlog::level::debug);
  // A full disk must not make logging throw into a role, and saying so on stderr for each line would be noise.
  logger->set_error_handler([](const std::string&) {});
  return std::make_shared<const writer>(writer{config, std::move(logger)});
}

std::atomic<std::shared_ptr<const writer>>& current() {
  static std::atomic<std::shared_ptr<const writer>> instance{make_writer({})};
  return instance;
}

}  // namespace

result<void> configure(const log_config& config) {
  try {
    current().store(make_writer(config));
    return {};
  } catch (const spdlog::spdlog_ex& failure) {
    return {errc::io_failed, failure.what()};
  }
}

void write(level severity, std::string_view event, fields list) {
  const auto to = current().load();
  const auto spdlog_level = to_spdlog(severity);
  if (!to->sink->should_log(spdlog_level)) return;
  to->sink->log(spdlog_level, to->config.form == format::json
                                  ? json_line(std::chrono::system_clock::now(), severity, event, list)
                                  : text_line(std::chrono::system_clock::now(), severity, event, list));
}

bool admit(throttle& lines, std::string_view event) {
  std::uint64_t left_out = 0;
  if (!lines.admit(base::clock::now(), left_out)) return false;
  if (left_out > 0) warn("log.left_out", {{"event", event}, {"lines", left_out}});
  return true;
}

}  // namespace lars::log
