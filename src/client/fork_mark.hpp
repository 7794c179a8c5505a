// Tells a fork's child from its parent at the cost of one load.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lars::client {

// A page that the kernel clears in every child (MADV_WIPEONFORK). Where the kernel does not support this (before 4.14,
// gVisor) the page holds the id of the process that set it, and each look costs a getpid(). A child of vfork(), which
// shares its parent's memory, counts as the parent; without the kernel's help it must not call us, which POSIX forbids
// anyway. Lifetime: its owner's; the child uses its own copy. Threads: any. Errors: the constructor throws
// std::bad_alloc.
class fork_mark {
public:
  using advise_function = int (*)(void*, std::size_t, int);

  // `advise` stands for madvise(); for tests.
  explicit fork_mark(advise_function advise = ::madvise);
  ~fork_mark();
  fork_mark(const fork_mark&) = delete;
  fork_mark& operator=(const fork_mark&) = delete;

  // False in a child until set().
  bool is_set() const {
    const auto word = page_->set.load(std::memory_order_acquire);
    return word == wiped_in_children || (word != 0 && names_us(word));
  }
  void set() { page_->set.store(own_word(), std::memory_order_release); }

  // A lock that is free in every child, even if a thread of the parent held it. Held briefly, once in a process.
  void lock();
  void unlock() { page_->locked.store(0, std::memory_order_release); }

private:
  struct page {
    std::atomic<std::uint64_t> set;
    std::atomic<std::uint64_t> locked;
  };
  static constexpr std::uint64_t wiped_in_children = 1;

  // Never 0 or wiped_in_children.
  static std::uint64_t name_of_process();
  static bool names_us(std::uint64_t word);
  std::uint64_t own_word() const { return wiped_ ? wiped_in_children : name_of_process(); }

  page* page_;
  bool wiped_;  // the kernel clears the page in children
};

}  // namespace lars::client
