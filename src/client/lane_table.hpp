// What one thread keeps of each module it has picked from: where to pick, and what it has counted.
#pragma once

#include <cstdint>
#include <functional>
#include <lars/types.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "balance/table_view.hpp"
#include "share/lane_writer.hpp"

namespace lars::client {

// What a thread knows of one module.
struct thread_module {
  route_key key;
  share::module_lane* lane = nullptr;  // null = calls are not counted (yet)
  balance::module_view view;           // null record = to be looked up
  balance::lane cursors;
};

// Open addressing, at most half full. Lifetime: its thread state's. Threads: its thread only.
class lane_table {
public:
  lane_table() : places_(first_room) {}

  // The thread's entry for the module, made if there is none. Stays where it is.
  thread_module& at(route_key key) {
    if (last_ != nullptr && last_->key == key) return *last_;
    const auto mask = places_.size() - 1;
    for (auto place = std::hash<route_key>()(key) & mask;; place = (place + 1) & mask) {
      auto* const found = places_[place];
      if (found == nullptr) return add(key);
      if (found->key == key) return *(last_ = found);
    }
  }

  template <class F>
  void for_each(F f) {
    for (const auto& one : all_) f(*one);
  }

private:
  static constexpr std::size_t first_room = 32;

  thread_module& add(route_key key) {
    all_.push_back(std::make_unique<thread_module>());
    all_.back()->key = key;
    if (2 * all_.size() > places_.size()) {
      places_.assign(2 * places_.size(), nullptr);
      for (const auto& one : all_) put(*one);
    } else {
      put(*all_.back());
    }
    return *(last_ = all_.back().get());
  }
  void put(thread_module& one) {
    const auto mask = places_.size() - 1;
    auto place = std::hash<route_key>()(one.key) & mask;
    while (places_[place] != nullptr) place = (place + 1) & mask;
    places_[place] = &one;
  }

  std::vector<std::unique_ptr<thread_module>> all_;
  std::vector<thread_module*> places_;
  thread_module* last_ = nullptr;
};

}  // namespace lars::client
