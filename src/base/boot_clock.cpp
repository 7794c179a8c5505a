#include "base/boot_clock.hpp"

#include <time.h>

#include <chrono>
#include <fstream>
#include <string>

#include "base/clock.hpp"

namespace lars::base {
namespace {

// Reads the first 16 of the 32 hex digits of the boot id ("12345678-9abc-…"), a random number.
std::uint64_t read_boot() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string text;
  std::getline(file, text);
  std::uint64_t boot = 0;
  int digits = 0;
  for (const char letter : text) {
    const bool decimal = letter >= '0' && letter <= '9';
    if (!decimal && (letter < 'a' || letter > 'f')) continue;
    if (++digits > 16) break;
    boot = boot << 4 | static_cast<std::uint64_t>(decimal ? letter - '0' : letter - 'a' + 10);
  }
  return boot;
}

}  // namespace

boot_moment boot_now() {
  if (const auto* const source = process_time.load(std::memory_order_acquire)) {
    const auto since_boot = std::chrono::duration_cast<std::chrono::milliseconds>(source->now().time_since_epoch());
    return {1, static_cast<std::uint64_t>(since_boot.count())};
  }
  static const std::uint64_t boot = read_boot();
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return {boot, static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000};
}

moment moment_now() { return {unix_seconds(), boot_now()}; }

}  // namespace lars::base
