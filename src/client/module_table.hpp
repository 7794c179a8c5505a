// What one thread keeps of each module that it has picked from: the module's table and the thread's counters.
#pragma once

#include <bit>
#include <cstdint>
#include <lars/types.hpp>
#include <memory>
#include <vector>

#include "balance/policy/cursor.hpp"
#include "balance/table/table_view.hpp"
#include "share/thread_counters.hpp"

namespace lars::client {

// One module of a thread. First what every pick reads.
struct alignas(64) thread_module {
  route_key key;
  share::thread_counters* counters = nullptr;  // null = no counters yet
  balance::cursor cursors;
  balance::module_view view;  // null record = not looked up yet
};

// Open addressing, at most half full. Lifetime: its thread state's. Threads: its thread only.
class module_table {
public:
  module_table() { make_places(first_bits); }

  // The thread's entry for the module, at a stable address; null where there is none.
  [[gnu::always_inline]] thread_module* find(route_key key) const {
    for (auto place = place_of(key);; place = (place + 1) & mask_) {
      auto* const found = places_[place];
      if (found == nullptr || name_of(found->key) == name_of(key)) return found;
    }
  }
  // Likewise; makes the entry where there is none.
  thread_module& at(route_key key) {
    auto* const found = find(key);
    return found != nullptr ? *found : add(key);
  }

  template <class F>
  void for_each(F f) {
    for (const auto& one : all_) f(*one);
  }

private:
  static constexpr unsigned first_bits = 5;

  static std::uint64_t name_of(route_key key) { return std::bit_cast<std::uint64_t>(key); }
  // The upper bits of a product, which depend on all of the name (Knuth's multiplicative hashing).
  std::size_t place_of(route_key key) const { return (name_of(key) * 0x9E3779B97F4A7C15u) >> shift_; }
  void make_places(unsigned bits) {
    places_ = std::make_unique<thread_module*[]>(std::size_t{1} << bits);
    mask_ = (std::size_t{1} << bits) - 1;
    shift_ = 64 - bits;
  }
  thread_module& add(route_key key) {
    all_.push_back(std::make_unique<thread_module>());
    all_.back()->key = key;
    if (2 * all_.size() > mask_ + 1) {
      make_places(64 - shift_ + 1);
      for (const auto& one : all_) put(*one);
    } else {
      put(*all_.back());
    }
    return *all_.back();
  }
  void put(thread_module& one) {
    auto place = place_of(one.key);
    while (places_[place] != nullptr) place = (place + 1) & mask_;
    places_[place] = &one;
  }

  std::unique_ptr<thread_module*[]> places_;
  std::size_t mask_ = 0;
  unsigned shift_ = 0;
  std::vector<std::unique_ptr<thread_module>> all_;
};

}  // namespace lars::client
