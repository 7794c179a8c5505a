// Memory shared by a measurement and the processes that it forks.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <lars/error.hpp>
#include <memory>
#include <type_traits>
#include <utility>

namespace lars::bench {

// An array of `count` objects, zeroed at first. Lifetime: its owner's; the copy in a fork maps the same pages.
template <class T>
class shared_pages {
  static_assert(std::is_trivially_destructible_v<T>);

public:
  // errc::system_error.
  static result<shared_pages> make(std::size_t count) {
    void* const pages = ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return {errc::system_error, "no memory to share"};
    return shared_pages(static_cast<T*>(pages), count);
  }
  shared_pages(shared_pages&& other) noexcept : start_(std::exchange(other.start_, nullptr)), count_(other.count_) {}
  shared_pages(const shared_pages&) = delete;
  shared_pages& operator=(const shared_pages&) = delete;
  ~shared_pages() {
    if (start_ != nullptr) ::munmap(start_, count_ * sizeof(T));
  }

  T& operator[](std::size_t i) const { return start_[i]; }
  T* begin() const { return start_; }
  T* end() const { return start_ + count_; }

private:
  shared_pages(T* start, std::size_t count) : start_(start), count_(count) {}

  T* start_;
  std::size_t count_;
};

}  // namespace lars::bench
