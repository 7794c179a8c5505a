// Connections whose peers have not yet sent a valid message, in order of arrival. Does no I/O of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "base/clock.hpp"

namespace lars::net {

// REQUIRES: Connection has proven(). Holds weak references only. Threads: owner context only.
template <class Connection>
class newcomers {
public:
  // A connection cannot be evicted before this time has passed.
  static constexpr base::duration grace = std::chrono::seconds(1);

  void add(const std::shared_ptr<Connection>& one, base::time_point now) {
    // Remove closed and proven connections now and then, so that the list stays proportional to the open connections.
    if (list_.size() >= 2 * kept_ + 64) {
      std::erase_if(list_, [](const newcomer& each) { return !is_new(each); });
      kept_ = list_.size();
    }
    list_.push_back({one, now});
  }

  // Removes and returns the oldest connection that is unproven for longer than `grace`; null if there is none.
  std::shared_ptr<Connection> take_oldest(base::time_point now) {
    while (!list_.empty() && !is_new(list_.front())) list_.pop_front();
    if (list_.empty() || now - list_.front().since < grace) return nullptr;
    auto oldest = list_.front().connection.lock();
    list_.pop_front();
    return oldest;
  }

  std::size_t size() const { return list_.size(); }

private:
  struct newcomer {
    std::weak_ptr<Connection> connection;
    base::time_point since;
  };
  static bool is_new(const newcomer& one) {
    const auto connection = one.connection.lock();
    return connection && !connection->proven();
  }

  std::deque<newcomer> list_;
  std::size_t kept_ = 0;  // size after the last cleanup
};

}  // namespace lars::net
