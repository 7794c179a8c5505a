#include "app/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <ctime>

namespace lars::app {
namespace {

// A manager that cannot be told is one that does not listen: nothing else depends on it.
void tell(const std::string& text) { ::sd_notify(0, text.c_str()); }

std::string monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000);
}

}  // namespace

void service_manager::ready(const std::string& status) { tell("READY=1\nSTATUS=" + status); }

void service_manager::reloading() { tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic_us()); }

void service_manager::stopping() { tell("STOPPING=1\nSTATUS=stopping"); }

void service_manager::alive() { tell("WATCHDOG=1"); }

std::optional<std::chrono::microseconds> service_manager::watchdog() const {
  std::uint64_t interval = 0;
  if (::sd_watchdog_enabled(0, &interval) <= 0 || interval == 0) return std::nullopt;
  return std::chrono::microseconds(interval);
}

}  // namespace lars::app
