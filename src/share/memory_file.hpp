// Memory files (memfd): created, sealed, mapped, handed to another process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/error.hpp>
#include <utility>

namespace lars::share {

// Owns an open descriptor. Threads: owner context only.
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

// Owns a mapping of a memory file.
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

  // Maps the first `size` bytes. The file may still be shorter; bytes beyond its end must not be touched.
  static result<mapping> of(int fd, std::uint64_t size, access how);

  std::byte* data() const { return static_cast<std::byte*>(start_); }
  std::uint64_t size() const { return size_; }
  explicit operator bool() const { return start_ != nullptr; }
  void reset();

private:
  void* start_ = nullptr;
  std::uint64_t size_ = 0;
};

// Creates an empty memory file that can be sealed. errc::system_error.
result<descriptor> make_memory_file(const char* name);

// Allocates `size` bytes at `from`, so that no later access fails for want of memory. False where there is none.
bool allocate(int fd, std::uint64_t from, std::uint64_t size);

// Sets the file's length; pages are allocated by allocate() or the first access. False where a limit forbids it.
bool resize(int fd, std::uint64_t size);

bool add_seals(int fd, int seals);

// A read-only descriptor of this file, to be handed out. The file's mode becomes 0400, so that no other user can reopen
// it for writing. errc::system_error.
result<descriptor> read_only(int fd);
// A writable descriptor of a file that this user passed to read_only(); errc::bad_message for any other file.
result<descriptor> writable_again(int fd);

// The size of a memory file of ordinary pages that is sealed against shrinking and growing; else an error.
result<std::uint64_t> sealed_size(int fd);
// Whether the file is sealed against shrinking.
bool cannot_shrink(int fd);

}  // namespace lars::share
