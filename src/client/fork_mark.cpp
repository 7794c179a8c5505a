#include "client/fork_mark.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <new>
#include <thread>

namespace lars::client {
namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

}  // namespace

fork_mark::fork_mark() {
  void* const memory = ::mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  if (::madvise(memory, page_bytes(), MADV_WIPEONFORK) != 0) {
    ::munmap(memory, page_bytes());
    throw std::bad_alloc();
  }
  page_ = new (memory) page{};
}

fork_mark::~fork_mark() { ::munmap(page_, page_bytes()); }

void fork_mark::lock() {
  while (page_->locked.exchange(1, std::memory_order_acquire) != 0) std::this_thread::yield();
}

}  // namespace lars::client
