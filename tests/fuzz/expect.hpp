// Helpers of the fuzz programs: check a property, and whether this program has the planted fault.
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

// Aborts unless the property holds, which makes libFuzzer keep the input.
inline void expect(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "%s: %s\n", planted ? "found the planted fault" : "does not hold", property);
  std::abort();
}

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace lars::fuzz
