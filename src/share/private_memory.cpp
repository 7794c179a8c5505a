#include "share/private_memory.hpp"

#include <sys/mman.h>

#include <new>

namespace lars::share {
namespace {

constexpr std::uint64_t most = std::uint64_t{64} << 30;
constexpr std::uint64_t least = std::uint64_t{64} << 20;

}  // namespace

private_memory::private_memory() {
  for (size_ = most; size_ >= least; size_ /= 2) {
    start_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start_ != MAP_FAILED) break;
  }
  if (size_ < least) throw std::bad_alloc();
  set_memory(static_cast<std::byte*>(start_), used_);
}

private_memory::~private_memory() { ::munmap(start_, size_); }

std::uint64_t private_memory::allocate(std::uint64_t bytes) {
  const auto at = used_.load(std::memory_order_relaxed);
  const auto rounded = (bytes + alignment - 1) / alignment * alignment;
  if (rounded < bytes || rounded > size_ - at) return 0;
  used_.store(at + rounded, std::memory_order_release);
  return at;
}

}  // namespace lars::share
