#include "dns/sessions/change_feed.hpp"

#include <utility>

#include "net/fence.hpp"

namespace lars::dns {

void change_feed::report(std::vector<route_change> changes) {
  waiting_.push_back(std::move(changes));
  if (std::exchange(reporting_, true)) return;
  for (; !waiting_.empty(); waiting_.pop_front())
    // By index: an observer may add another one, which hears of what comes after.
    for (std::size_t i = 0, count = observers_.size(); i < count; ++i)
      net::fenced("observing routes", [&] { observers_[i]->on_routes_changed(waiting_.front()); });
  reporting_ = false;
}

}  // namespace lars::dns
