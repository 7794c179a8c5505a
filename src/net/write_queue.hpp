// The bounded queue of bytes to be written to a connection. Pure: it does no I/O.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace lars::net {

// Shared, so that a push to a thousand agents is one string.
using shared_bytes = std::shared_ptr<const std::string>;

// Threads: owner context only.
class write_queue {
public:
  explicit write_queue(std::size_t limit) : limit_(limit) {}

  // Returns false if the bytes would exceed the limit: the peer does not keep up and should be closed. An empty queue
  // accepts a message of any size.
  bool push(shared_bytes bytes) {
    if (!items_.empty() && size_ + bytes->size() > limit_) return false;
    size_ += bytes->size();
    items_.push_back(std::move(bytes));
    return true;
  }

  bool empty() const { return items_.empty(); }
  std::size_t size() const { return size_; }

  // Returns all queued bytes for one write. The queue is empty afterwards, but size() includes the bytes until done().
  std::deque<shared_bytes> take() {
    taken_ = size_;
    return std::exchange(items_, {});
  }
  void done() {
    size_ -= taken_;
    taken_ = 0;
  }

private:
  const std::size_t limit_;
  std::deque<shared_bytes> items_;
  std::size_t size_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace lars::net
