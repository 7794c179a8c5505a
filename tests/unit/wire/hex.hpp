// Golden bytes as docs/wire-protocol.md prints them: hex with spaces.
#pragma once

#include <string>
#include <string_view>

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  int half = -1;
  for (const char c : hex) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (half < 0) {
      half = digit;
    } else {
      bytes += static_cast<char>(half * 16 + digit);
      half = -1;
    }
  }
  return bytes;
}
