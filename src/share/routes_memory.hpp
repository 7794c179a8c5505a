// The routes memory as its agent writes it: an arena for modules, and the index by which callers find them.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>

#include "balance/table/arena.hpp"
#include "base/tick_clock.hpp"
#include "share/memory_file.hpp"
#include "share/routes_format.hpp"

namespace lars::share {

// Lifetime: longer than the modules in it; callers' mappings outlive it. Threads: owner context only. Invariant:
// wherever the process is killed, readers find the state before or after a call, nothing between.
class routes_memory final : public balance::arena {
public:
  // At most `limit` bytes. errc::system_error.
  static result<std::unique_ptr<routes_memory>> create(std::uint64_t limit, std::uint64_t incarnation,
                                                       base::tick_rate rate);
  ~routes_memory() override;

  std::uint64_t allocate(std::uint64_t bytes) override;

  // Makes readers find this record under the key. False where there is no room.
  // REQUIRES: the key is not in the index; `position` is that of a module_record in this memory.
  bool add(route_key key, std::uint64_t record);

  // Makes readers find no record under the key. REQUIRES: the key is in the index.
  void remove(route_key key);

  // A round ended at `now` (in ticks): its results are in the modules.
  void beat(std::uint64_t now) {
    bump(header_->published);
    header_->beat.store(now, std::memory_order_release);
  }
  void next_tick() { bump(header_->tick); }
  void next_epoch() { bump(header_->epoch); }
  void set_rate(base::tick_rate rate) { header_->tick_rate.store(rate.units(), std::memory_order_release); }
  void end() { header_->state.store(static_cast<std::uint64_t>(agent_state::ended), std::memory_order_release); }

  // A read-only descriptor for callers.
  int file() const { return given_.get(); }
  std::uint64_t used() const { return used_; }
  std::uint64_t limit() const { return limit_; }

private:
  routes_memory(descriptor file, descriptor given, mapping pages, std::uint64_t limit);
  static void bump(shared_word& count) {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  bool extend(std::uint64_t to);
  std::uint64_t index() const { return header_->index.load(std::memory_order_relaxed); }
  std::uint64_t room_of(std::uint64_t index) { return at<index_header>(index)->room.load(std::memory_order_relaxed); }
  index_entry* entries_of(std::uint64_t index) { return at<index_entry>(index + sizeof(index_header)); }
  bool renew_index();
  bool put(std::uint64_t index, std::uint64_t key, std::uint64_t record);

  const descriptor file_;
  const descriptor given_;
  const mapping pages_;
  routes_header* const header_;
  const std::uint64_t limit_;
  std::uint64_t used_ = sizeof(routes_header);
  std::uint64_t modules_ = 0;
  std::uint64_t entries_used_ = 0;  // of the index, tombstones included
};

}  // namespace lars::share
