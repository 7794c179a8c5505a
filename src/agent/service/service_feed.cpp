#include "agent/service/service_feed.hpp"

#include "net/fence.hpp"

namespace lars::agent {

void service_feed::push(route_key module, change what) noexcept {
  if (!observed()) return;
  net::fenced("recording a change for observers", [&] {
    const std::lock_guard hold(lock_);
    waiting_.emplace_back(module, std::move(what));
  });
}

void service_feed::deliver() {
  if (!observed()) return;
  std::unique_lock hold(lock_);
  if (delivering_) return;
  delivering_ = true;
  while (!waiting_.empty()) {
    const auto batch = std::exchange(waiting_, {});
    hold.unlock();
    for (const auto& one : batch)
      for (auto* const observer : observers_) net::fenced("observing a module", [&] { tell(*observer, one); });
    hold.lock();
  }
  delivering_ = false;
}

void service_feed::tell(service_observer& observer, const entry& one) const {
  if (const auto* const hosts = std::get_if<balance::host_delta>(&one.second))
    observer.on_hosts_changed(one.first, *hosts);
  else if (const auto* const judged = std::get_if<verdict_change>(&one.second))
    observer.on_verdict_changed(one.first, judged->host, judged->verdict);
  else
    observer.on_weights_changed(one.first);
}

}  // namespace lars::agent
