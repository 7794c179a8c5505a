// Identifies the agent process that sent a status batch: a random 128-bit number, drawn at each start of an agent.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lars::base {

// Any 16 bytes are an id; all zeros mean none. Immutable after construction.
struct agent_id {
  static constexpr std::size_t size = 16;

  std::array<std::uint8_t, size> bytes{};

  bool is_none() const { return *this == agent_id{}; }
  auto operator<=>(const agent_id&) const = default;

  // Reads the wire form. nullopt unless `text` has exactly 16 bytes.
  static std::optional<agent_id> from_bytes(std::string_view text) {
    if (text.size() != size) return std::nullopt;
    agent_id id;
    std::memcpy(id.bytes.data(), text.data(), size);
    return id;
  }

  // REQUIRES: two random draws.
  static agent_id from_draws(std::uint64_t first, std::uint64_t second) {
    agent_id id;
    std::memcpy(id.bytes.data(), &first, sizeof first);
    std::memcpy(id.bytes.data() + sizeof first, &second, sizeof second);
    return id;
  }

  std::string_view as_bytes() const { return {reinterpret_cast<const char*>(bytes.data()), size}; }

  // 32 lower-case hex digits, the form in the database and in file names.
  std::string hex() const {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * size);
    for (const std::uint8_t byte : bytes) {
      text += digits[byte >> 4];
      text += digits[byte & 15];
    }
    return text;
  }

  // Reads what hex() writes, nullopt otherwise.
  static std::optional<agent_id> from_hex(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (text.size() != 2 * size) return std::nullopt;
    agent_id id;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto value = digits.find(text[i]);
      if (value == std::string_view::npos) return std::nullopt;
      const auto high = static_cast<unsigned>(id.bytes[i / 2]) << 4;
      id.bytes[i / 2] = static_cast<std::uint8_t>(high | static_cast<unsigned>(value));
    }
    return id;
  }
};

}  // namespace lars::base

template <>
struct std::hash<lars::base::agent_id> {
  std::size_t operator()(const lars::base::agent_id& id) const noexcept {
    return std::hash<std::string_view>()(id.as_bytes());
  }
};
