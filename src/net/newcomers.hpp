// Connections that have not shown yet that they speak our protocol, in the order they came. Pure, but for its elements.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "base/clock.hpp"

namespace lars::net {

// Connection has proven(). Threads: owner context only. Holds no connection alive.
template <class Connection>
class newcomers {
public:
  // Strangers get this long before they may have to make way.
  static constexpr base::duration grace = std::chrono::seconds(1);

  void add(const std::shared_ptr<Connection>& one, base::time_point now) {
    // What has left or spoken since is forgotten now and then, so that the list is never much longer than what is open.
    if (list_.size() >= 2 * kept_ + 64) {
      std::erase_if(list_, [](const newcomer& each) { return !is_new(each); });
      kept_ = list_.size();
    }
    list_.push_back({one, now});
  }

  // The one that came first of those that have been silent for longer than the grace; null when there is none.
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
  std::size_t kept_ = 0;  // at the last clearing
};

}  // namespace lars::net
