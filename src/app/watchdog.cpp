#include "app/watchdog.hpp"

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "net/fence.hpp"

namespace lars::app {

// The timer of one context. Threads: its context only.
struct watchdog::pulse {
  pulse(watchdog& parent, const watched_thread& thread, std::size_t number)
      : owner(parent), name(thread.name), context(*thread.context), timer(context), index(number) {}

  void beat() {
    if (stopped) return;
    last = base::clock::now();
    if (owner.round_.beat(index) && owner.alive_) owner.alive_();
    timer.expires_after(owner.interval_);
    timer.async_wait([this](const boost::system::error_code& failure) {
      if (!failure) beat();
    });
  }

  watchdog& owner;
  const std::string name;
  boost::asio::io_context& context;
  boost::asio::steady_timer timer;
  const std::size_t index;
  bool stopped = false;
  std::atomic<base::time_point> last{base::clock::now()};  // any thread
};

watchdog::watchdog(const std::vector<watched_thread>& threads, std::chrono::microseconds interval,
                   std::function<void()> alive)
    : round_(threads.size()), interval_(interval), alive_(std::move(alive)) {
  for (const auto& thread : threads) pulses_.push_back(std::make_unique<pulse>(*this, thread, pulses_.size()));
}

watchdog::~watchdog() = default;

void watchdog::start() {
  for (const auto& entry : pulses_)
    net::post(entry->context, "starting the watchdog", [pulse = entry.get()] { pulse->beat(); });
}

void watchdog::stop() {
  for (const auto& entry : pulses_)
    net::post(entry->context, "stopping the watchdog", [pulse = entry.get()] {
      pulse->stopped = true;
      pulse->timer.cancel();
    });
}

std::string watchdog::stuck(base::time_point now, base::duration patience) const {
  std::string names;
  for (const auto& entry : pulses_)
    if (now - entry->last.load() > patience) names += (names.empty() ? "" : ", ") + entry->name;
  return names;
}

}  // namespace lars::app
