// How many callers were refused for each layout of shared memory that their library has.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace lars::agent {

// Threads: one writer, any reader.
class layout_counts {
public:
  static constexpr std::size_t most_layouts = 8;  // told apart; later ones count together

  void add(std::uint32_t layout) {
    for (auto& one : counts_) {
      const bool unused = one.count.load(std::memory_order_relaxed) == 0;
      if (unused) one.layout = layout;
      if (one.layout != layout) continue;
      one.count.store(one.count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
      return;
    }
    others_.fetch_add(1, std::memory_order_relaxed);
  }

  // Calls each(layout, count).
  template <class Each>
  void for_each(Each&& each) const {
    for (const auto& one : counts_)
      if (const auto count = one.count.load(std::memory_order_acquire); count > 0) each(one.layout, count);
  }
  std::uint64_t others() const { return others_.load(std::memory_order_relaxed); }

private:
  struct counted {
    std::uint32_t layout = 0;  // written once, before the first count
    std::atomic<std::uint64_t> count{0};
  };
  std::array<counted, most_layouts> counts_;
  std::atomic<std::uint64_t> others_{0};
};

}  // namespace lars::agent
