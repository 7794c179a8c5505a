#include "balance/module_table.hpp"

#include <algorithm>

namespace lars::balance {
namespace {

constexpr std::uint64_t join(std::uint32_t high, std::uint32_t low) { return (std::uint64_t{high} << 32) | low; }
constexpr std::uint32_t high(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }
constexpr std::uint32_t low(std::uint64_t word) { return static_cast<std::uint32_t>(word); }

// Members are stored with release and loaded with acquire. A reader that sees one new word therefore sees the odd
// sequence that was stored before it, and its re-check fails: the work of a pair of fences, in terms that the memory
// model's checkers follow. On x86 it costs nothing.
void fill(table_buffer& buffer, std::span<const member> members) {
  const auto sequence = buffer.sequence.load(std::memory_order_relaxed);
  buffer.sequence.store(sequence + 1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto& one = members[i];
    buffer.entries[i].where.store(join(one.where.ip, one.where.port), std::memory_order_release);
    buffer.entries[i].place.store(join(one.slot, one.generation), std::memory_order_release);
  }
  buffer.count.store(members.size(), std::memory_order_release);
  buffer.sequence.store(sequence + 2, std::memory_order_release);
}

}  // namespace

table_buffer::table_buffer(std::uint32_t room) : capacity(room), entries(std::make_unique<entry[]>(room)) {}

table_view::table_view(const table_buffer& buffer)
    : buffer_(&buffer), sequence_(buffer.sequence.load(std::memory_order_acquire)) {
  const auto count = buffer.count.load(std::memory_order_acquire);
  size_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, buffer.capacity));
}

member table_view::at(std::uint32_t index) const {
  const auto& entry = buffer_->entries[std::min(index, buffer_->capacity - 1)];
  const auto where = entry.where.load(std::memory_order_acquire);
  const auto place = entry.place.load(std::memory_order_acquire);
  return {{high(where), low(where)}, high(place), low(place)};
}

bool table_view::intact() const {
  if (buffer_ == nullptr) return true;
  return sequence_ % 2 == 0 && buffer_->sequence.load(std::memory_order_relaxed) == sequence_;
}

module_table::~module_table() {
  for (auto& buffer : buffers_) delete buffer.load(std::memory_order_relaxed);
}

void module_table::publish(std::span<const member> members) {
  const auto next = inactive_for(members.size());
  if (buffers_[next].load(std::memory_order_relaxed) == nullptr)
    buffers_[next].store(new table_buffer(first_capacity << (next / 2)), std::memory_order_release);
  fill(*buffers_[next].load(std::memory_order_relaxed), members);
  active_.store(next, std::memory_order_release);
}

// The other buffer of the pair in use, or the first of the smallest larger pair that has room.
std::uint32_t module_table::inactive_for(std::size_t members) const {
  const auto active = active_.load(std::memory_order_relaxed);
  auto pair = active / 2;
  if (members <= first_capacity << pair) return active ^ 1;
  while (members > first_capacity << pair) ++pair;
  return 2 * pair;
}

table_view module_table::view() const {
  const auto active = std::min<std::size_t>(active_.load(std::memory_order_acquire), buffers_.size() - 1);
  const auto* const buffer = buffers_[active].load(std::memory_order_acquire);
  return buffer ? table_view(*buffer) : table_view();
}

}  // namespace lars::balance
