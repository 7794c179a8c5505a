#include "agent/routes/absent_modules.hpp"

namespace lars::agent {
namespace {

constexpr std::chrono::milliseconds tick_length{250};
constexpr std::uint64_t time_mask = 0xffff;

// A bijection (the finisher of SplitMix64), so that index and entry together identify the key exactly.
std::uint64_t mix(route_key key) {
  std::uint64_t z =
      (std::uint64_t{static_cast<std::uint32_t>(key.modid)} << 32) | static_cast<std::uint32_t>(key.cmdid);
  z += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace

// Never 0, because an entry with time 0 is empty.
std::uint16_t absent_modules::tick(base::time_point now) const {
  return static_cast<std::uint16_t>(((now - start_) / tick_length) % time_mask + 1);
}

void absent_modules::remember(route_key key, base::time_point now) {
  const auto mixed = mix(key);
  entries_[mixed & time_mask].store((mixed & ~time_mask) | tick(now), std::memory_order_relaxed);
}

void absent_modules::forget(route_key key) {
  const auto mixed = mix(key);
  auto& entry = entries_[mixed & time_mask];
  if (((entry.load(std::memory_order_relaxed) ^ mixed) & ~time_mask) == 0) entry.store(0, std::memory_order_relaxed);
}

bool absent_modules::contains(route_key key, base::time_point now) const {
  const auto mixed = mix(key);
  const auto entry = entries_[mixed & time_mask].load(std::memory_order_relaxed);
  const auto stored = entry & time_mask;
  if (stored == 0 || ((entry ^ mixed) & ~time_mask) != 0) return false;
  const auto age = (tick(now) + time_mask - stored) % time_mask;
  return age < static_cast<std::uint64_t>(lifetime / tick_length);
}

}  // namespace lars::agent
