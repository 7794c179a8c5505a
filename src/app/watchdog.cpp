#include "app/watchdog.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "net/fence.hpp"

namespace lars::app {

// One context's. Threads: its context's.
struct watchdog::pulse {
  pulse(watchdog& of, boost::asio::io_context& at, std::size_t number)
      : owner(of), context(at), timer(at), index(number) {}

  void beat() {
    if (stopped) return;
    if (owner.round_.beat(index)) owner.alive_();
    timer.expires_after(owner.interval_);
    timer.async_wait([this](const boost::system::error_code& failure) {
      if (!failure) beat();
    });
  }

  watchdog& owner;
  boost::asio::io_context& context;
  boost::asio::steady_timer timer;
  const std::size_t index;
  bool stopped = false;
};

watchdog::watchdog(std::vector<boost::asio::io_context*> contexts, std::chrono::microseconds interval,
                   std::function<void()> alive)
    : round_(contexts.size()), interval_(interval), alive_(std::move(alive)) {
  for (auto* const context : contexts) pulses_.push_back(std::make_unique<pulse>(*this, *context, pulses_.size()));
}

watchdog::~watchdog() = default;

void watchdog::start() {
  for (const auto& one : pulses_) net::post(one->context, "beating", [pulse = one.get()] { pulse->beat(); });
}

void watchdog::stop() {
  for (const auto& one : pulses_)
    net::post(one->context, "ending the beat", [pulse = one.get()] {
      pulse->stopped = true;
      pulse->timer.cancel();
    });
}

}  // namespace lars::app
