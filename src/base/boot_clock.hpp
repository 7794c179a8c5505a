// The machine's clock since its boot: it goes on while the machine sleeps, and nobody sets it.
#pragma once

#include <cstdint>

namespace lars::base {

// A moment of one boot of one machine. Moments of different boots cannot be compared.
struct boot_moment {
  std::uint64_t boot = 0;  // which boot, a random number of the kernel's; 0 = not known
  std::uint64_t ms = 0;    // since that boot
  bool operator==(const boot_moment&) const = default;
};

// A moment by both clocks.
struct moment {
  std::int64_t unix_seconds = 0;
  boot_moment boot = {};
};

// Any thread. `boot` is 0 where the kernel does not tell.
boot_moment boot_now();
moment moment_now();

}  // namespace lars::base
