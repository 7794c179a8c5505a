// Load reports of Lars for C++20: what a host says of its load, and how it measures that. Inline over <lars/lars.h>;
// link liblars.
//
//   lars::load_meter meter;                                              // where calls are served
//   meter.begin(); ... meter.end(failed);
//   answer.set_header("endpoint-load-metrics", meter.render());
//
//   call->finish({.load = lars::parse_load(header).value_or(lars::load{})});  // where they are made
#pragma once

#include <lars/lars.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lars {

// All of it over one and the same time; 0 = unknown.
struct load {
  double utilization = 0;       // 1 = full, and it may be more
  double qps = 0;               // calls a second that the host serves
  double eps = 0;               // of those, failures a second
  std::uint64_t in_flight = 0;  // calls under way there
};

// The value of a header endpoint-load-metrics; nothing where it is no such value.
inline std::optional<load> parse_load(std::string_view header) noexcept {
  lars_load_t told = LARS_LOAD_INIT;
  const char* const text = header.empty() ? "" : header.data();
  if (lars_load_parse(text, header.size(), &told) != LARS_OK) return std::nullopt;
  return load{told.utilization, told.qps, told.eps, told.in_flight};
}

enum class load_format { text = LARS_LOAD_TEXT, json = LARS_LOAD_JSON };

// How loaded this process's host is. One a process, opened after fork(). Starts no thread.
// Threads: any, except that it ends when no thread uses it any more.
class load_meter {
public:
  // Measures over windows of this length, 100 ms to a minute. Throws std::invalid_argument for another, std::bad_alloc.
  explicit load_meter(std::chrono::milliseconds window = std::chrono::seconds(1)) : handle_(open(window)) {}

  // A call to this process begins, and ends.
  void begin() noexcept { lars_load_begin(handle_.get()); }
  void end(bool failed = false) noexcept { lars_load_end(handle_.get(), failed ? 1 : 0); }

  // Over the last window.
  load read() noexcept {
    lars_load_t told = LARS_LOAD_INIT;
    lars_load_read(handle_.get(), &told);
    return {told.utilization, told.qps, told.eps, told.in_flight};
  }

  // The same as the value of the header endpoint-load-metrics.
  std::string render(load_format format = load_format::text) {
    char room[LARS_LOAD_ROOM];
    return {room, lars_load_render(handle_.get(), room, sizeof room, static_cast<int>(format))};
  }

private:
  struct closing {
    void operator()(lars_load_meter_t* meter) const noexcept { lars_load_meter_close(meter); }
  };

  static lars_load_meter_t* open(std::chrono::milliseconds window) {
    lars_load_meter_options options = LARS_LOAD_METER_OPTIONS_INIT;
    const bool fits = window.count() > 0 && window.count() <= UINT32_MAX;
    options.window_ms = fits ? static_cast<std::uint32_t>(window.count()) : UINT32_MAX;
    if (lars_load_meter_t* const opened = lars_load_meter_open(&options)) return opened;
    if (errno == EINVAL) throw std::invalid_argument("the window of a load meter is 100 ms to a minute");
    throw std::bad_alloc();
  }

  std::unique_ptr<lars_load_meter_t, closing> handle_;
};

}  // namespace lars
