// Tells a fork's child from its parent for the price of one load.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::client {

// A page that the kernel empties in every child (MADV_WIPEONFORK): what is 0 in it is new here. Lifetime: its owner's;
// the child's copy goes on being its copy. Threads: any. Errors: the constructor throws std::bad_alloc.
class fork_mark {
public:
  fork_mark();
  ~fork_mark();
  fork_mark(const fork_mark&) = delete;
  fork_mark& operator=(const fork_mark&) = delete;

  // False in a child until set().
  bool is_set() const { return page_->set.load(std::memory_order_acquire) != 0; }
  void set() { page_->set.store(1, std::memory_order_release); }

  // A lock that is free in every child, whoever held it in the parent. Held for moments, once in a process.
  void lock();
  void unlock() { page_->locked.store(0, std::memory_order_release); }

private:
  struct page {
    std::atomic<std::uint32_t> set;
    std::atomic<std::uint32_t> locked;
  };
  page* page_;
};

}  // namespace lars::client
