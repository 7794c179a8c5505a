// An arena of this process alone, for whoever shares nothing: tests and simulations.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include "balance/table/arena.hpp"

namespace lars::balance {

// Of a fixed size. Errors: the constructor throws std::bad_alloc.
class heap_arena final : public arena {
public:
  explicit heap_arena(std::uint64_t bytes = 1u << 20) : bytes_(bytes), memory_(take(bytes)) {
    set_memory(memory_.get(), used_);
  }

  std::uint64_t allocate(std::uint64_t bytes) override {
    const auto at = used_.load(std::memory_order_relaxed);
    const auto rounded = (bytes + alignment - 1) / alignment * alignment;
    if (rounded < bytes || rounded > bytes_ - at) return 0;
    used_.store(at + rounded, std::memory_order_release);
    return at;
  }

private:
  struct releaser {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  static std::unique_ptr<std::byte, releaser> take(std::uint64_t bytes) {
    void* const memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    std::fill_n(static_cast<std::byte*>(memory), bytes, std::byte{0});
    return std::unique_ptr<std::byte, releaser>(static_cast<std::byte*>(memory));
  }

  const std::uint64_t bytes_;
  const std::unique_ptr<std::byte, releaser> memory_;
  std::atomic<std::uint64_t> used_{alignment};  // position 0 is nowhere
};

}  // namespace lars::balance
