#include "client/fork_mark.hpp"

#include <pthread.h>
#include <unistd.h>

#include <new>
#include <thread>

namespace lars::client {
namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

// How many fork()s led from the first process that counted to this one.
std::atomic<std::uint32_t> forks{0};

void count_forks() {
  static const int registered =
      ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
  (void)registered;
}

}  // namespace

// The pid tells children of a bare clone() or _Fork(), where no handler runs. The count of fork()s tells the others
// even where a pid is reused, or repeated in another pid namespace.
std::uint64_t fork_mark::name_of_process() {
  constexpr std::uint64_t is_a_name = std::uint64_t{1} << 63;
  constexpr std::uint64_t forks_mask = 0x7fffffff;
  return is_a_name | (forks.load(std::memory_order_relaxed) & forks_mask) << 32 |
         static_cast<std::uint32_t>(::getpid());
}

fork_mark::fork_mark(advise_function advise) {
  void* const memory = ::mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  wiped_ = advise(memory, page_bytes(), MADV_WIPEONFORK) == 0;
  if (!wiped_) count_forks();
  page_ = new (memory) page{};
}

fork_mark::~fork_mark() { ::munmap(page_, page_bytes()); }

// Without the kernel's help. Not on the fast path.
[[gnu::noinline, gnu::cold]] bool fork_mark::names_us(std::uint64_t word) { return word == name_of_process(); }

void fork_mark::lock() {
  const auto own = own_word();
  while (true) {
    std::uint64_t holder = 0;
    if (page_->locked.compare_exchange_strong(holder, own, std::memory_order_acquire)) return;
    // A thread of the parent held it at the fork.
    if (holder != own && page_->locked.compare_exchange_strong(holder, own, std::memory_order_acquire)) return;
    std::this_thread::yield();
  }
}

}  // namespace lars::client
