// The routes memory as its agent writes it: modules are placed in it and found by whoever maps it.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>

#include "balance/arena.hpp"
#include "base/tick_clock.hpp"
#include "share/memory_file.hpp"
#include "share/routes_format.hpp"

namespace lars::share {

// Lifetime: longer than the modules in it; mapped pages live on in callers when it is gone. Threads: owner context
// only. Invariant: readers find what was there before or after each call, wherever the process is killed.
class routes_memory final : public balance::arena {
public:
  // At most `limit` bytes. errc::system_error where the kernel gives none.
  static result<std::unique_ptr<routes_memory>> create(std::uint64_t limit, std::uint64_t incarnation,
                                                       base::tick_rate rate);
  ~routes_memory() override;

  std::uint64_t allocate(std::uint64_t bytes) override;

  // From now on readers find this record under the key. False where there is no room for it.
  // REQUIRES: the key is not there; the position is that of a module_record in this memory.
  bool add(route_key key, std::uint64_t record);

  // From now on readers find none. REQUIRES: the key is there.
  void remove(route_key key);

  // One round of the control loop ended at `now` (in ticks): all that it came to is in the modules.
  void beat(std::uint64_t now) {
    bump(header_->published);
    header_->beat.store(now, std::memory_order_release);
  }
  void next_tick() { bump(header_->tick); }
  void next_epoch() { bump(header_->epoch); }
  void set_rate(base::tick_rate rate) { header_->tick_rate.store(rate.units(), std::memory_order_release); }
  void end() { header_->state.store(static_cast<std::uint64_t>(agent_state::ended), std::memory_order_release); }

  // For callers: it can be read and nothing else.
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
