// An arena in this process for modules that do not fit the routes memory: they are served over UDP alone.
#pragma once

#include <cstdint>

#include "balance/table/arena.hpp"

namespace lars::share {

// Reserves address space; the kernel allocates pages as they are used. Lifetime: longer than the modules in it.
// Threads: as arena. Errors: the constructor throws std::bad_alloc.
class private_memory final : public balance::arena {
public:
  private_memory();
  ~private_memory() override;

  std::uint64_t allocate(std::uint64_t bytes) override;

private:
  void* start_ = nullptr;
  std::uint64_t size_ = 0;
  std::atomic<std::uint64_t> used_{alignment};  // position 0 means none
};

}  // namespace lars::share
