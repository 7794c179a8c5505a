#include "log/log.hpp"

#include <pthread.h>

#include <atomic>
#include <memory>

#include "log/line.hpp"
#include "log/line_writer.hpp"

namespace lars::log {
namespace {

// About ten thousand lines, so that a short stall of the reader loses none.
constexpr std::size_t queue_bytes = 1u << 20;

// Aligned so that a load is one instruction.
struct alignas(8) line_form {
  level least = level::info;
  format form = format::text;
};

std::atomic<line_form>& current() {
  static std::atomic<line_form> instance{line_form{}};
  return instance;
}

std::string make_line(level severity, std::string_view event, fields list) {
  const auto now = std::chrono::system_clock::now();
  return current().load().form == format::json ? json_line(now, severity, event, list)
                                               : text_line(now, severity, event, list);
}

// Never destroyed, because threads may log until the end of the process.
line_writer& writer() {
  static auto* const only = [] {
    auto* const created = new line_writer(queue_bytes, [](std::uint64_t lost) {
      return make_line(level::warn, "log.dropped", {{"lines", lost}});
    });
    ::pthread_atfork([] { writer().before_fork(); }, [] { writer().after_fork_in_parent(); },
                     [] { writer().after_fork_in_child(); });
    return created;
  }();
  return *only;
}

}  // namespace

result<void> configure(const log_config& config) {
  auto where = std::make_shared<output>();
  if (!config.file.empty()) {
    auto opened = output::open(config.file);
    if (!opened) return opened.error();
    where = *std::move(opened);
  }
  writer().use(std::move(where));
  current().store({config.least, config.form});
  return {};
}

void write(level severity, std::string_view event, fields list) {
  if (severity < current().load().least) return;
  writer().add(make_line(severity, event, list));
}

bool flush(std::chrono::milliseconds patience) { return writer().flush(patience); }

std::uint64_t dropped_lines() { return writer().dropped(); }

bool admit(throttle& lines, std::string_view event) {
  std::uint64_t left_out = 0;
  if (!lines.admit(base::clock::now(), left_out)) return false;
  if (left_out > 0) warn("log.left_out", {{"event", event}, {"lines", left_out}});
  return true;
}

}  // namespace lars::log
