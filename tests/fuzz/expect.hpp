// What fuzz programs share: a property that must hold, and whether this program carries the planted fault.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace lars::fuzz {

#ifdef LARS_FUZZ_PLANT
inline constexpr bool planted = true;
#else
inline constexpr bool planted = false;
#endif

// Ends the program, which makes libFuzzer keep the input, unless the property holds.
inline void expect(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "%s: %s\n", planted ? "found the planted fault" : "does not hold", property);
  std::abort();
}

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace lars::fuzz
