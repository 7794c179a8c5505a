// Time since the boot of the machine (CLOCK_BOOTTIME): it counts while the machine sleeps and cannot be set.
#pragma once

#include <cstdint>

namespace lars::base {

// A moment of one boot of one machine. Moments of different boots cannot be compared.
struct boot_moment {
  std::uint64_t boot = 0;  // the random boot id of the kernel; 0 = not known
  std::uint64_t ms = 0;    // milliseconds since that boot
  bool operator==(const boot_moment&) const = default;
};

// The same moment on the wall clock and on the boot clock.
struct moment {
  std::int64_t unix_seconds = 0;
  boot_moment boot = {};
};

// Any thread. `boot` is 0 if the kernel has no boot id. While the process has another time_source, its monotonic time
// counts from a boot with id 1.
boot_moment boot_now();
moment moment_now();

}  // namespace lars::base
