// Memory that has a descriptor and can be handed to another process: made, sealed, mapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/error.hpp>
#include <utility>

namespace lars::share {

// An open descriptor, closed at the end. Threads: owner context only.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

private:
  int fd_ = -1;
};

// Pages of a memory file in this process, unmapped at the end.
class mapping {
public:
  enum class access { read, write };

  mapping() = default;
  mapping(mapping&& other) noexcept : start_(std::exchange(other.start_, nullptr)), size_(other.size_) {}
  mapping& operator=(mapping&& other) noexcept {
    if (this != &other) {
      reset();
      start_ = std::exchange(other.start_, nullptr);
      size_ = other.size_;
    }
    return *this;
  }
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;
  ~mapping() { reset(); }

  // The first `size` bytes; the file may still be shorter, and is then touched only as far as it goes.
  static result<mapping> of(int fd, std::uint64_t size, access how);

  std::byte* data() const { return static_cast<std::byte*>(start_); }
  std::uint64_t size() const { return size_; }
  explicit operator bool() const { return start_ != nullptr; }
  void reset();

private:
  void* start_ = nullptr;
  std::uint64_t size_ = 0;
};

// A new memory file, empty, open to seals. errc::system_error where the kernel has none to give.
result<descriptor> make_memory_file(const char* name);

// Room for `size` bytes from `from` on, there and then: no later access can fail for want of memory. False where there
// is none.
bool allocate(int fd, std::uint64_t from, std::uint64_t size);

// Sets the file's length; its pages come with allocate() or the first access. False where a limit forbids it.
bool resize(int fd, std::uint64_t size);

bool add_seals(int fd, int seals);

// Another descriptor of this file that can only be read, to be handed out. The file's mode becomes 0400, so that no
// other user opens it for writing by way of that descriptor. errc::system_error.
result<descriptor> read_only(int fd);
// A writable descriptor of a file that read_only() was made of by this user; errc::bad_message for any other file.
result<descriptor> writable_again(int fd);

// The size of a memory file of ordinary pages that can neither shrink nor grow; an error for any other file.
result<std::uint64_t> sealed_size(int fd);
// True where the file can never shrink.
bool cannot_shrink(int fd);

}  // namespace lars::share
