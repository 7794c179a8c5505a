// What is still to be written to a connection, bounded. Pure: it holds bytes, it writes none.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace lars::net {

// Bytes that many connections may share (a push to a thousand agents is one string).
using shared_bytes = std::shared_ptr<const std::string>;

// Threads: owner context only.
class write_queue {
public:
  explicit write_queue(std::size_t limit) : limit_(limit) {}

  // False when the bytes would pass the limit: the peer does not keep up and is to be dropped. One message is always
  // taken into an empty queue, whatever its size.
  bool push(shared_bytes bytes) {
    if (!items_.empty() && size_ + bytes->size() > limit_) return false;
    size_ += bytes->size();
    items_.push_back(std::move(bytes));
    return true;
  }

  bool empty() const { return items_.empty(); }
  std::size_t size() const { return size_; }

  // Everything queued, to be written in one go; the queue is empty afterwards but still counts the bytes until done().
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
