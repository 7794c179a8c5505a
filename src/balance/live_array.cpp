#include "balance/live_array.hpp"

#include <bit>

namespace lars::balance {
namespace {

// Chunk c starts at slot first_chunk * (2^c - 1); shifted by first_chunk, the top bit of a slot number names its chunk.
constexpr std::uint32_t chunk_shift = std::countr_zero(live_array::first_chunk);

std::uint32_t chunk_of(std::uint32_t slot) {
  return static_cast<std::uint32_t>(std::bit_width(slot + live_array::first_chunk)) - 1 - chunk_shift;
}
constexpr std::uint32_t chunk_size(std::uint32_t chunk) { return live_array::first_chunk << chunk; }

}  // namespace

live_array::~live_array() {
  for (auto& chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
}

void live_array::reserve(std::uint32_t slots) {
  for (auto chunk = reserved_ == 0 ? 0 : chunk_of(reserved_); reserved_ < slots; ++chunk) {
    chunks_[chunk].store(new live_slot[chunk_size(chunk)], std::memory_order_release);
    reserved_ += chunk_size(chunk);
  }
}

live_array::live_slot* live_array::find(std::uint32_t slot) const {
  if (slot >= most_slots) return nullptr;
  const auto chunk = chunk_of(slot);
  auto* const start = chunks_[chunk].load(std::memory_order_acquire);
  return start ? start + (slot + first_chunk - chunk_size(chunk)) : nullptr;
}

void live_array::store(std::uint32_t slot, const live_value& value) {
  find(slot)->value.store(pack(value), std::memory_order_release);
}

live_value live_array::load(std::uint32_t slot) const {
  const auto* const place = find(slot);
  return place ? unpack(place->value.load(std::memory_order_acquire)) : live_value{};
}

void live_array::store_hosts(population hosts) {
  hosts_.store((std::uint64_t{hosts.idle} << 32) | hosts.overloaded, std::memory_order_release);
}

population live_array::hosts() const {
  const auto word = hosts_.load(std::memory_order_acquire);
  return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint32_t>(word)};
}

}  // namespace lars::balance
